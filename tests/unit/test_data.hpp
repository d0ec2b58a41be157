// SPDX-License-Identifier: MIT
#pragma once
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace aadssh {

/// A file below tests/data, byte for byte.
inline std::string test_data(const std::string& name) {
    std::ifstream file(AADSSH_SOURCE_DIR "/tests/data/" + name, std::ios::binary);
    if (!file) {
        throw std::runtime_error("there is no tests/data/" + name);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace aadssh
