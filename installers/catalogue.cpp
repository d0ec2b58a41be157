// SPDX-License-Identifier: MIT
#include "installers/catalogue.hpp"

#include "installers/apt.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace aadssh {

namespace {

constexpr Release ubuntu_16_to_21[] = {
    {"16.04", "xenial"},
    {"16.10", "yakkety"},
    {"17.04", "zesty"},
    {"17.10", "artful"},
    {"18.04", "bionic"},
    {"18.10", "cosmic"},
    {"19.04", "disco"},
    {"19.10", "eoan"},
    {"20.04", "focal"},
    {"20.10", "groovy"},
    {"21.04", "hirsute"},
    {"21.10", "impish"},
};
constexpr Release ubuntu_22_on[] = {
    {"22.04", "jammy"},
    {"22.10", "kinetic"},
    {"23.04", "lunar"},
    {"23.10", "mantic"},
    {"24.04", "noble"},
    {"24.10", "oracular"},
    {"25.04", "plucky"},
    {"25.10", "questing"},
    {"26.04", "resolute"},
};
constexpr Release debian_9_to_11[] = {{"9", "stretch"}, {"10", "buster"}, {"11", "bullseye"}};
constexpr Release debian_12_on[] = {{"12", "bookworm"}, {"13", "trixie"}};

constexpr std::string_view ubuntu_urls[] = {
    "https://packages.microsoft.com/ubuntu/{version}/prod",
    "https://packages.microsoft.com/repos/microsoft-ubuntu-{codename}-prod",
};
constexpr std::string_view debian_urls[] = {
    "https://packages.microsoft.com/debian/{version}/prod",
    "https://packages.microsoft.com/repos/microsoft-debian-{codename}-prod",
};

// Whether a source names its key must be as packages-microsoft-prod does it for that release, or
// apt refuses to read any source at all once that package is there too
// (microsoft/linux-package-repositories#69 and #128).
constexpr std::string_view named_key = "/usr/share/keyrings/microsoft-prod.gpg";
// Not microsoft-prod.gpg as in packages-microsoft-prod: in /etc that is a conffile, and dpkg would
// stop and ask when that package is installed after us.
constexpr std::string_view trusted_key = "/etc/apt/trusted.gpg.d/aadsshlogin-handler.gpg";
constexpr std::string_view selinux = "aadsshlogin-selinux";

constexpr CatalogueRow rows[] = {
    {"Ubuntu", "ubuntu", ubuntu_16_to_21, &apt, ubuntu_urls, "", trusted_key, selinux},
    {"Ubuntu", "ubuntu", ubuntu_22_on, &apt, ubuntu_urls, named_key, named_key, selinux},
    {"Debian", "debian", debian_9_to_11, &apt, debian_urls, "", trusted_key, selinux},
    {"Debian", "debian", debian_12_on, &apt, debian_urls, named_key, named_key, selinux},
};

/// Repositories beside the usual one, asked after it.
struct ExtraRung {
    std::string_view id, version, architecture, url;
};
constexpr ExtraRung extra_rungs[] = {
    {"ubuntu",
     "18.04",
     "arm64",
     "https://packages.microsoft.com/repos/microsoft-ubuntu-bionic-multiarch-prod"},
};

struct Machine {
    std::string_view name;  ///< uname(2)'s word
    std::string_view apt;   ///< apt's word
};
constexpr Machine machines[] = {{"x86_64", "amd64"}, {"aarch64", "arm64"}};

/// Where a machine belongs; `row` is null when `problem` says why it has no place.
struct Place {
    const CatalogueRow* row = nullptr;
    std::string version;
    std::string codename;
    std::string note;
    std::string problem;
};

/// "12.5" with 1 part is "12".
std::string cut_version(std::string_view version, std::size_t parts) {
    std::size_t end = 0;
    for (std::size_t i = 0; i < parts && end != std::string_view::npos; ++i) {
        end = version.find('.', end + (i == 0 ? 0 : 1));
    }
    return std::string(version.substr(0, end));
}

/// What is not a number counts as newer than all numbers.
std::vector<unsigned> numbers_of(std::string_view version) {
    std::vector<unsigned> numbers;
    for (const std::string_view part : split(version, '.')) {
        unsigned number = 0;
        const char* end = part.data() + part.size();
        const auto [stop, error] = std::from_chars(part.data(), end, number);
        numbers.push_back(error == std::errc() && stop == end ? number : ~0U);
    }
    return numbers;
}

std::vector<const CatalogueRow*> rows_of(std::string_view id) {
    std::vector<const CatalogueRow*> found;
    for (const CatalogueRow& row : rows) {
        if (row.id == id) {
            found.push_back(&row);
        }
    }
    return found;
}

std::optional<Place> listed(const std::vector<const CatalogueRow*>& family,
                            std::string_view Release::*key,
                            std::string_view value) {
    for (const CatalogueRow* row : family) {
        for (const Release& release : row->releases) {
            if (!value.empty() && release.*key == value) {
                return Place{
                    row, std::string(release.version), std::string(release.codename), {}, {}};
            }
        }
    }
    return std::nullopt;
}

const std::string& first_of(const std::string& wish, const std::string& other) {
    return wish.empty() ? other : wish;
}

const std::string& family_codename(const OsRelease& os, std::string_view id) {
    return id == "ubuntu" ? os.ubuntu_codename : os.debian_codename;
}

std::string name_of(const OsRelease& os) {
    return first_of(os.pretty_name, first_of(os.name, os.id));
}

/// A release of a known distribution that no row lists: the nearest row's rules, its own version
/// and codename.
Place unlisted(const std::vector<const CatalogueRow*>& family,
               const std::string& version,
               const std::string& codename) {
    const std::string name =
        fmt::format("{} {}", family.front()->name, first_of(version, codename));
    if (codename.empty()) {
        return {nullptr,
                {},
                {},
                {},
                name + " gives no codename in os-release, so its repository cannot be told"};
    }
    const CatalogueRow* row = family.front();
    const bool older =
        !version.empty() && numbers_of(version) < numbers_of(row->releases.front().version);
    for (const CatalogueRow* each : family) {
        if (version.empty() || numbers_of(each->releases.front().version) <= numbers_of(version)) {
            row = each;
        }
    }
    const Release& neighbour = older ? row->releases.front() : row->releases.back();
    const std::string note = fmt::format(
        "{} is not a release that this extension knows; it is treated like {} {}, and its "
        "repository is asked.",
        name,
        row->name,
        neighbour.version);
    return {row, version, codename, note, {}};
}

Place place_of_known(const OsRelease& os, const std::vector<const CatalogueRow*>& family) {
    const std::string_view sample = family.front()->releases.front().version;
    const auto parts = static_cast<std::size_t>(std::ranges::count(sample, '.')) + 1;
    const std::string version = cut_version(os.version_id, parts);
    const std::string& codename =
        first_of(os.version_codename, family_codename(os, family.front()->id));
    if (version.empty() && codename.empty()) {
        return {nullptr,
                {},
                {},
                {},
                name_of(os) + " gives neither VERSION_ID nor VERSION_CODENAME in os-release"};
    }
    const std::optional<Place> place = version.empty()
                                           ? listed(family, &Release::codename, codename)
                                           : listed(family, &Release::version, version);
    return place ? *place : unlisted(family, version, codename);
}

/// A derivative counts its own versions and has its own codenames: only its base's codename says
/// what it is.
Place place_of_derivative(const OsRelease& os) {
    for (const std::string& id : os.id_like) {
        const std::vector<const CatalogueRow*> family = rows_of(id);
        for (const std::string& codename : {family_codename(os, id), os.version_codename}) {
            if (std::optional<Place> place = listed(family, &Release::codename, codename)) {
                place->note = fmt::format("{} is treated as {} {} ({}), on which it is based.",
                                          name_of(os),
                                          place->row->name,
                                          place->version,
                                          place->codename);
                return *place;
            }
        }
    }
    std::string seen = fmt::format("ID={}", os.id.empty() ? "nothing" : os.id);
    const auto add = [&seen](std::string_view key, const std::string& value) {
        if (!value.empty()) {
            seen += fmt::format(", {}={}", key, value);
        }
    };
    add("ID_LIKE", fmt::format("{}", fmt::join(os.id_like, " ")));
    add("VERSION_CODENAME", os.version_codename);
    add("UBUNTU_CODENAME", os.ubuntu_codename);
    add("DEBIAN_CODENAME", os.debian_codename);
    const std::string name =
        name_of(os).empty() ? "a system without a name in os-release" : name_of(os);
    return {nullptr,
            {},
            {},
            {},
            fmt::format("{} ({}) is no distribution that this extension knows", name, seen)};
}

std::optional<std::string> fill(std::string_view pattern, const Place& place) {
    const bool unknown = contains(pattern, "{version}") && place.version.empty();
    return unknown ? std::nullopt
                   : std::optional(fmt::format(fmt::runtime(pattern),
                                               fmt::arg("version", place.version),
                                               fmt::arg("codename", place.codename)));
}

std::vector<Repository> ladder_of(const Place& place, std::string_view architecture) {
    Repository usual{.url = {}, .spellings = {}, .suite = place.codename};
    for (const std::string_view pattern : place.row->repositories) {
        if (const std::optional<std::string> url = fill(pattern, place)) {
            (usual.url.empty() ? usual.url : usual.spellings.emplace_back()) = *url;
        }
    }
    std::vector<Repository> ladder = {usual};
    for (const ExtraRung& rung : extra_rungs) {
        if (rung.id == place.row->id && rung.version == place.version &&
            rung.architecture == architecture) {
            ladder.push_back(
                {.url = std::string(rung.url), .spellings = {}, .suite = place.codename});
        }
    }
    return ladder;
}

}  // namespace

std::span<const CatalogueRow> catalogue() {
    return rows;
}

std::variant<Support, Unsupported> look_up(const OsRelease& os, std::string_view machine) {
    const std::vector<const CatalogueRow*> family = rows_of(os.id);
    const Place place = family.empty() ? place_of_derivative(os) : place_of_known(os, family);
    if (place.row == nullptr) {
        return Unsupported{place.problem};
    }
    const Machine* known = std::ranges::find(machines, machine, &Machine::name);
    if (known == std::end(machines)) {
        return Unsupported{
            fmt::format("{} runs on the CPU architecture {}, for which there are no packages",
                        name_of(os),
                        machine)};
    }
    const std::string version = place.version.empty() ? "" : " " + place.version;
    return Support{
        .row = place.row,
        .distribution =
            fmt::format("{}{} ({}), {}", place.row->name, version, place.codename, known->apt),
        .version = place.version,
        .codename = place.codename,
        .architecture = std::string(known->apt),
        .ladder = ladder_of(place, known->apt),
        .note = place.note,
    };
}

std::string supported_list() {
    std::vector<std::string> ranges;
    for (const CatalogueRow& row : rows) {
        const std::vector<const CatalogueRow*> family = rows_of(row.id);
        if (family.front() == &row) {
            ranges.push_back(fmt::format("{} {} to {}",
                                         row.name,
                                         row.releases.front().version,
                                         family.back()->releases.back().version));
        }
    }
    return fmt::format("{} ({}, {})", fmt::join(ranges, ", "), machines[0].name, machines[1].name);
}

}  // namespace aadssh
