// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <system_error>

namespace aadssh {

/// "No such file or directory"
inline std::string errno_text(int number) {
    return std::generic_category().message(number);
}

/// "/etc/x: No such file or directory"
inline std::string errno_text(const std::string& path, int number) {
    return path + ": " + errno_text(number);
}

}  // namespace aadssh
