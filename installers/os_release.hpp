// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// The keys of os-release(5) that choose a repository; empty when absent.
struct OsRelease {
    std::string id;  ///< lower case
    std::vector<std::string> id_like;
    std::string version_id;
    std::string version_codename;
    std::string ubuntu_codename;
    std::string debian_codename;
    std::string name;
    std::string pretty_name;
};

/// Never fails: lines that os-release(5) does not allow, other keys and bytes that are not
/// printable are ignored; the last assignment of a key wins; values longer than 256 bytes are
/// ignored.
OsRelease parse_os_release(std::string_view text);

}  // namespace aadssh
