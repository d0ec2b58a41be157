// SPDX-License-Identifier: MIT
#pragma once
#include <map>
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
    /// What a derivative says about its base: UBUNTU_CODENAME under "ubuntu", and so on.
    std::map<std::string, std::string> base_codenames;
    std::string name;
    std::string pretty_name;
};

/// Never fails: lines that os-release(5) does not allow, other keys and bytes that are not
/// printable are ignored; the last assignment of a key wins; values longer than 256 bytes are
/// ignored.
OsRelease parse_os_release(std::string_view text);

}  // namespace aadssh
