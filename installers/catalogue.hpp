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
    std::string_view version;        ///< "24.04", "9": matches that version and its points ("9.4")
    std::string_view codename = {};  ///< "noble"; rpm distributions have none that matters
};

/// A place that may carry the package; asked in the row's order. URLs may hold {version}, {major},
/// {codename} and {arch}.
struct Rung {
    std::string_view url;                         ///< the spelling we write
    std::span<const std::string_view> spellings;  ///< other URLs of the same repository
    std::string_view provider = {};  ///< the distribution's package that brings the source and keys
    std::string_view id = {};        ///< rpm: the section of the source
    std::string_view version = {};   ///< only for this release; empty: for all of the row
    std::string_view architecture = {};  ///< only for this one (the tool's word); empty: for all
};

/// One distribution line: a version range in which the same rules hold. Adding a distribution is
/// adding a row.
struct CatalogueRow {
    std::string_view name;  ///< "Ubuntu"
    std::string_view id;    ///< os-release ID
    std::span<const Release> releases;
    const PackageTool* tool = nullptr;
    std::span<const Rung> rungs;
    std::span<const std::string_view> keys;  ///< files of the keys that sign these repositories
    std::string_view keyring;    ///< where they go; empty: the rung's provider brings them
    std::string_view signed_by;  ///< apt: what packages-microsoft-prod writes
    std::string_view pin = {};   ///< no newer aadsshlogin works here; empty: the newest does
};

inline constexpr std::string_view selinux_package = "aadsshlogin-selinux";

std::span<const CatalogueRow> catalogue();

/// The only releases that are refused whatever their repository says: Microsoft's documentation
/// leaves them out on purpose (learn.microsoft.com, "Sign in to a Linux virtual machine in Azure by
/// using Microsoft Entra ID and OpenSSH", Supported Linux distributions). A derivative that counts
/// its releases as one of these does goes with it.
struct Exclusion {
    std::string_view id;
    std::string_view from;
    std::string_view below;
    std::string_view wanted;  ///< which releases of the same distribution are supported
    bool bare = false;        ///< a version without its minor number is the .0 release
};
std::span<const Exclusion> exclusions();

/// What distributions call their family in ID_LIKE where that is not, or no longer, the ID of the
/// one that they are built from.
struct FamilyName {
    std::string_view like;
    std::string_view id;
};
std::span<const FamilyName> family_names();

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

/// `machine` is uname(2)'s: x86_64 or aarch64. Refused because of their version are only those that
/// Microsoft's documentation excludes; for all others the repository is asked.
std::variant<Support, Unsupported> look_up(const OsRelease& os, std::string_view machine);

/// "Ubuntu 16.04 to 26.04, Debian 9 to 13, ... (x86_64, aarch64)"
std::string supported_list();

}  // namespace aadssh
