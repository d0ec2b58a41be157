// SPDX-License-Identifier: MIT
// Which row of the catalogue a machine belongs to.
#include "installers/catalogue.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace aadssh {

namespace {

constexpr std::string_view machines[] = {"x86_64", "aarch64"};

/// Where a machine belongs; `row` is null when `problem` says why it has no place.
struct Place {
    const CatalogueRow* row = nullptr;
    std::string version;
    std::string codename;
    std::string note;
    std::string problem;
};

Place no_place(std::string problem) {
    return {nullptr, {}, {}, {}, std::move(problem)};
}

std::size_t parts_of(std::string_view version) {
    return static_cast<std::size_t>(std::ranges::count(version, '.')) + 1;
}

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

using Family = std::vector<const CatalogueRow*>;

Family rows_of(std::string_view id) {
    Family found;
    for (const CatalogueRow& row : catalogue()) {
        if (row.id == id) {
            found.push_back(&row);
        }
    }
    return found;
}

Family family_of(std::string_view like) {
    const auto name = std::ranges::find(family_names(), like, &FamilyName::like);
    return rows_of(name == family_names().end() ? like : name->id);
}

bool has_codenames(const Family& family) {
    return !family.front()->releases.front().codename.empty();
}

Place at(const CatalogueRow* row, const Release& release) {
    return {row, std::string(release.version), std::string(release.codename), {}, {}};
}

std::optional<Place> by_codename(const Family& family, std::string_view codename) {
    for (const CatalogueRow* row : family) {
        const auto release = std::ranges::find(row->releases, codename, &Release::codename);
        if (!codename.empty() && release != row->releases.end()) {
            return at(row, *release);
        }
    }
    return std::nullopt;
}

std::optional<Place> by_version(const Family& family, std::string_view version) {
    for (const CatalogueRow* row : family) {
        for (const Release& release : row->releases) {
            if (cut_version(version, parts_of(release.version)) == release.version) {
                return at(row, release);
            }
        }
    }
    return std::nullopt;
}

const std::string& first_of(const std::string& wish, const std::string& other) {
    return wish.empty() ? other : wish;
}

std::string family_codename(const OsRelease& os, std::string_view id) {
    const auto found = os.base_codenames.find(std::string(id));
    return found == os.base_codenames.end() ? std::string() : found->second;
}

std::string name_of(const OsRelease& os) {
    return first_of(os.pretty_name, first_of(os.name, os.id));
}

/// A derivative is refused with the releases of its family whose number it has.
std::optional<Place> excluded(const OsRelease& os, const Family& family) {
    const std::string_view id = family.front()->id;
    const std::vector<unsigned> version = numbers_of(os.version_id);
    for (const Exclusion& each : exclusions()) {
        const bool precise = each.bare || version.size() > 1;
        if (each.id == id && precise && !os.version_id.empty() &&
            version >= numbers_of(each.from) && version < numbers_of(each.below)) {
            return no_place(
                fmt::format("{} is too old: of {}{} Microsoft supports sign-in with Entra ID on {}",
                            name_of(os),
                            family.front()->name,
                            os.id == id ? "" : ", on which it is based,",
                            each.wanted));
        }
    }
    return std::nullopt;
}

/// A release of a known distribution that no row lists: the nearest row's rules, its own version
/// and codename.
Place unlisted(const Family& family, const std::string& version, const std::string& codename) {
    const CatalogueRow* row = family.front();
    const bool older =
        !version.empty() && numbers_of(version) < numbers_of(row->releases.front().version);
    for (const CatalogueRow* each : family) {
        if (version.empty() || numbers_of(each->releases.front().version) <= numbers_of(version)) {
            row = each;
        }
    }
    const Release& neighbour = older ? row->releases.front() : row->releases.back();
    const std::string own = cut_version(version, parts_of(neighbour.version));
    const std::string name = fmt::format("{} {}", row->name, first_of(own, codename));
    if (codename.empty() && has_codenames(family)) {
        return no_place(name +
                        " gives no codename in os-release, so its repository cannot be told");
    }
    const std::string note = fmt::format(
        "{} is not a release that this extension knows; it is treated like {} {}, and its "
        "repository is asked.",
        name,
        row->name,
        neighbour.version);
    return {row, own, codename, note, {}};
}

Place place_of_known(const OsRelease& os, const Family& family) {
    if (const std::optional<Place> refused = excluded(os, family)) {
        return *refused;
    }
    const std::string codename =
        has_codenames(family)
            ? first_of(os.version_codename, family_codename(os, family.front()->id))
            : std::string();
    if (os.version_id.empty() && codename.empty()) {
        return no_place(name_of(os) +
                        " gives neither VERSION_ID nor VERSION_CODENAME in "
                        "os-release");
    }
    const std::optional<Place> place =
        os.version_id.empty() ? by_codename(family, codename) : by_version(family, os.version_id);
    return place ? *place : unlisted(family, os.version_id, codename);
}

std::string what_it_says(const OsRelease& os) {
    std::string seen = fmt::format("ID={}", os.id.empty() ? "nothing" : os.id);
    const auto add = [&seen](std::string_view key, const std::string& value) {
        if (!value.empty()) {
            seen += fmt::format(", {}={}", key, value);
        }
    };
    add("ID_LIKE", fmt::format("{}", fmt::join(os.id_like, " ")));
    add("VERSION_CODENAME", os.version_codename);
    for (const auto& [base, codename] : os.base_codenames) {
        seen += fmt::format(", its base {} has the codename {}", base, codename);
    }
    return seen;
}

/// A single number below all of the family's is none of the family's: Amazon Linux 2 is no CentOS
/// 2, but CloudLinux 6.10 is as old as Red Hat's 6.10.
bool counts_for_itself(const OsRelease& os, const Family& family) {
    const std::vector<unsigned> own = numbers_of(os.version_id);
    return !has_codenames(family) && own.size() == 1 &&
           own.front() < numbers_of(family.front()->releases.front().version).front();
}

/// A derivative of Debian or Ubuntu counts its own versions and has its own codenames: only its
/// base's codename says what it is. Most of those of rpm distributions keep their base's version.
std::optional<Place> place_in(const OsRelease& os, const Family& family) {
    if (has_codenames(family)) {
        const auto place = by_codename(family, family_codename(os, family.front()->id));
        return place ? place : by_codename(family, os.version_codename);
    }
    if (os.version_id.empty()) {
        return std::nullopt;
    }
    if (counts_for_itself(os, family)) {
        return at(family.front(), family.front()->releases.front());
    }
    if (std::optional<Place> refused = excluded(os, family)) {
        return refused;
    }
    const auto place = by_version(family, os.version_id);
    return place ? *place : unlisted(family, os.version_id, {});
}

std::string note_on_derivative(const OsRelease& os, const Place& place, bool own_count) {
    return fmt::format("{} is {} {} {}{}, on which it is based{}.",
                       name_of(os),
                       own_count ? "tried as" : "treated as",
                       place.row->name,
                       place.version,
                       place.codename.empty() ? "" : fmt::format(" ({})", place.codename),
                       own_count ? ", although it counts its releases otherwise" : "");
}

Place place_of_derivative(const OsRelease& os) {
    for (const std::string& id : os.id_like) {
        const Family family = family_of(id);
        std::optional<Place> place = family.empty() ? std::nullopt : place_in(os, family);
        if (!place) {
            continue;
        }
        if (place->row != nullptr) {
            place->note = note_on_derivative(os, *place, counts_for_itself(os, family));
        }
        return *place;
    }
    const std::string name =
        name_of(os).empty() ? "a system without a name in os-release" : name_of(os);
    return no_place(fmt::format(
        "{} ({}) is no distribution that this extension knows", name, what_it_says(os)));
}

/// A pattern with its names filled in; nothing when one of them is unknown here.
std::optional<std::string> fill(std::string_view pattern,
                                const Place& place,
                                std::string_view version,
                                std::string_view architecture) {
    const bool unknown = contains(pattern, "{version}") && version.empty();
    return unknown ? std::nullopt
                   : std::optional(fmt::format(fmt::runtime(pattern),
                                               fmt::arg("version", version),
                                               fmt::arg("major", cut_version(place.version, 1)),
                                               fmt::arg("codename", place.codename),
                                               fmt::arg("arch", architecture)));
}

constexpr std::string_view release_variable = "$releasever";
constexpr std::string_view architecture_variable = "$basearch";

Repository repository_of(const Rung& rung, const Place& place, std::string_view architecture) {
    Repository repository{.url = {}, .spellings = {}, .suite = place.codename};
    repository.id = rung.id;
    repository.provider = rung.provider;
    std::vector<std::string_view> patterns = {rung.url};
    patterns.insert(patterns.end(), rung.spellings.begin(), rung.spellings.end());
    const auto add = [&](std::string_view pattern,
                         std::string_view version,
                         std::string_view arch) {
        if (const auto url = fill(pattern, place, version, arch)) {
            (repository.url.empty() ? repository.url : repository.spellings.emplace_back()) = *url;
        }
    };
    for (const std::string_view pattern : patterns) {
        add(pattern, place.version, architecture);
    }
    if (rung.id.empty()) {
        return repository;
    }
    // As .repo files spell it, with the tool's variables (dnf.conf(5), "Variables").
    for (const std::string_view pattern : patterns) {
        for (const std::string_view version : {std::string_view(place.version), release_variable}) {
            for (const std::string_view arch : {architecture, architecture_variable}) {
                add(pattern, version, arch);
            }
        }
    }
    return repository;
}

std::vector<Repository> ladder_of(const Place& place, std::string_view architecture) {
    std::vector<Repository> ladder;
    for (const Rung& rung : place.row->rungs) {
        if ((rung.version.empty() || rung.version == place.version) &&
            (rung.architecture.empty() || rung.architecture == architecture)) {
            Repository repository = repository_of(rung, place, architecture);
            if (!repository.url.empty()) {
                ladder.push_back(std::move(repository));
            }
        }
    }
    return ladder;
}

std::string people_name(const Place& place, std::string_view architecture) {
    const std::string version = place.version.empty() ? "" : " " + place.version;
    const std::string codename = place.codename.empty() ? "" : fmt::format(" ({})", place.codename);
    return fmt::format("{}{}{}, {}", place.row->name, version, codename, architecture);
}

}  // namespace

std::variant<Support, Unsupported> look_up(const OsRelease& os, std::string_view machine) {
    const Family family = rows_of(os.id);
    const Place place = family.empty() ? place_of_derivative(os) : place_of_known(os, family);
    if (place.row == nullptr) {
        return Unsupported{place.problem};
    }
    const auto* known = std::ranges::find(machines, machine);
    if (known == std::end(machines)) {
        return Unsupported{
            fmt::format("{} runs on the CPU architecture {}, for which there are no packages",
                        name_of(os),
                        machine)};
    }
    const std::string_view architecture =
        place.row->tool->architectures.at(static_cast<std::size_t>(known - std::begin(machines)));
    return Support{
        .row = place.row,
        .distribution = people_name(place, architecture),
        .version = place.version,
        .codename = place.codename,
        .architecture = std::string(architecture),
        .ladder = ladder_of(place, architecture),
        .note = place.note,
    };
}

}  // namespace aadssh
