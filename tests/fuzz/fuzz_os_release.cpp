// SPDX-License-Identifier: MIT
#include "installers/catalogue.hpp"
#include "installers/os_release.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace aadssh {
namespace {

constexpr std::size_t longest_value = 256;

std::string quoted(std::string_view value) {
    std::string text;
    for (const char c : value) {
        text += std::string_view("\"$`\\").find(c) == std::string_view::npos ? "" : "\\";
        text += c;
    }
    return "\"" + text + "\"";
}

void must_be_identifier(std::string_view value) {
    must(value.size() <= longest_value, "a value keeps to its limit");
    must(std::ranges::all_of(value, [](char c) { return '!' <= c && c <= '~' && c != '/'; }),
         "what becomes part of a URL is made of harmless characters");
}

/// What was read, written as os-release(5) writes it, reads the same.
void round_trip(const OsRelease& os) {
    const std::string name = quoted(os.name);
    const std::string pretty = quoted(os.pretty_name);
    if (std::max(name.size(), pretty.size()) > 2 * longest_value) {
        return;  // The line is longer than any that is read.
    }
    const OsRelease again =
        parse_os_release(fmt::format("ID={}\nVERSION_ID=\"{}\"\nVERSION_CODENAME={}\nNAME={}\n"
                                     "PRETTY_NAME={}\n",
                                     os.id,
                                     os.version_id,
                                     os.version_codename,
                                     name,
                                     pretty));
    must(again.id == os.id && again.version_id == os.version_id &&
             again.version_codename == os.version_codename && again.name == os.name &&
             again.pretty_name == os.pretty_name,
         "os-release reads the same after it was written");
}

}  // namespace

void try_input(std::string_view input) {
    const OsRelease os = parse_os_release(input);
    for (const auto& value : {os.id, os.version_id, os.version_codename}) {
        must_be_identifier(value);
    }
    std::ranges::for_each(os.id_like, must_be_identifier);
    for (const auto& [base, codename] : os.base_codenames) {
        must_be_identifier(codename);
    }
    round_trip(os);
    const auto found = look_up(os, "x86_64");
    if (const auto* support = std::get_if<Support>(&found)) {
        must(!support->ladder.empty(), "a supported system has a repository");
        for (const Repository& rung : support->ladder) {
            must(rung.url.starts_with("https://packages.microsoft.com/") || !rung.provider.empty(),
                 "a repository is Microsoft's, or the distribution brings it");
        }
    }
}

}  // namespace aadssh
