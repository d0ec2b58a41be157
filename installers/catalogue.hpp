// SPDX-License-Identifier: MIT
#pragma once
#include "installers/os_release.hpp"
#include "installers/package_tool.hpp"
#include "installers/repository.hpp"

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aadssh {

struct Release {
    std::string_view version;   ///< "24.04", "12"
    std::string_view codename;  ///< "noble"
};

/// One distribution line: a version range in which the same rules hold. Adding a distribution is
/// adding a row.
struct CatalogueRow {
    std::string_view name;  ///< "Ubuntu"
    std::string_view id;    ///< os-release ID
    std::span<const Release> releases;
    const PackageTool* tool = nullptr;
    std::span<const std::string_view>
        repositories;  ///< URL patterns with {version} and {codename}; the first is the one we
                       ///< write, the others are spellings of it
    std::string_view signed_by;  ///< what packages-microsoft-prod writes for these releases
    std::string_view keyring;
    std::string_view selinux_package;
};

std::span<const CatalogueRow> catalogue();

/// The machine's place in the catalogue.
struct Support {
    const CatalogueRow* row = nullptr;
    std::string distribution;  ///< for people: "Ubuntu 24.04 (noble), amd64"
    std::string version;
    std::string codename;
    std::string architecture;        ///< the tool's word
    std::vector<Repository> ladder;  ///< tried in order
    std::string
        note;  ///< full sentence when a guess was made (derivative, newer release); else empty
};
struct Unsupported {
    std::string reason;  ///< phrase: what this machine is and why it has no row
};

/// `machine` is uname(2)'s: x86_64 or aarch64. Nothing is refused because of its version: the
/// repository is asked.
std::variant<Support, Unsupported> look_up(const OsRelease& os, std::string_view machine);

/// "Ubuntu 16.04 to 26.04, Debian 9 to 13 (x86_64, aarch64)"
std::string supported_list();

}  // namespace aadssh
