// SPDX-License-Identifier: MIT
#include "tests/fuzz/source_file_target.hpp"

namespace aadssh {

void try_input(std::string_view input) {
    try_source_file("/etc/apt/sources.list", input);
}

}  // namespace aadssh
