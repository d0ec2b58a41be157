// SPDX-License-Identifier: MIT
#include "installers/rpm_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

constexpr std::string_view key_name = "gpg-pubkey";
constexpr std::size_t key_id_digits = 8;

}  // namespace

/// Keys are asked for all together: their version is the key's id, or in rpm 6 its fingerprint
/// (rpm's lib/keystore.cc, makePubkeyHeader).
Words rpm_state_query(const std::vector<std::string>& packages) {
    Words names;
    for (const std::string& package : packages) {
        const bool is_key = package.starts_with(key_name);
        const std::string name = is_key ? std::string(key_name) : package;
        if (std::ranges::find(names, name) == names.end()) {
            names.push_back(name);
        }
    }
    return Words{"rpm",
                 packages.empty() ? "-qa" : "-q",
                 "--qf",
                 "%{NAME}\\t%{VERSION}\\t%{RELEASE}\\n"} +
           names;
}

/// Other lines are rpm's own: "package x is not installed". Of a package that is there twice, which
/// a killed upgrade leaves behind, the last one counts.
std::vector<PackageState> rpm_parse_states(std::string_view text) {
    std::vector<PackageState> states;
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string_view> fields = split(line, '\t');
        if (fields.size() != 3 || fields[0].empty()) {
            continue;
        }
        const bool is_key = fields[0] == key_name;
        const PackageState state{
            .name = is_key ? key_package(Fingerprint(fields[1])) : std::string(fields[0]),
            .status = PackageState::Status::installed,
            .version = fmt::format("{}-{}", fields[1], trim(fields[2])),
        };
        const auto known = std::ranges::find(states, state.name, &PackageState::name);
        if (known == states.end()) {
            states.push_back(state);
        } else {
            *known = state;
        }
    }
    return states;
}

/// rpm's exit code counts what it did not find, so only its words tell (rpm(8)).
bool rpm_query_failed(int /*code*/, std::string_view text) {
    return std::ranges::any_of(lines_of(text), [](std::string_view line) {
        return line.starts_with("error: ") && !line.ends_with("No such file or directory");
    });
}

Words rpm_owner_query(const std::string& path) {
    return {"rpm", "-qf", "--qf", "%{NAME}\\n", path};
}

/// "aadsshlogin"; a sentence with blanks says that no package owns it.
std::string rpm_parse_owner(std::string_view text) {
    for (const std::string_view line : lines_of(text)) {
        if (!line.empty() && !contains(line, " ")) {
            return std::string(line);
        }
    }
    return {};
}

std::string key_package(const Fingerprint& key) {
    const std::size_t digits = std::min(key.size(), key_id_digits);
    return fmt::format("{}-{}", key_name, lower(key.substr(key.size() - digits)));
}

std::string rpm_removal_hint(const std::string& package) {
    return "rpm -e " + package;
}

}  // namespace aadssh
