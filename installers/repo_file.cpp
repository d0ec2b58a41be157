// SPDX-License-Identifier: MIT
// Reading and writing of .repo files: dnf.conf(5), yum.conf(5), libzypp's zypper(8).
#include "installers/repository.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

constexpr std::size_t longest_file = 1UL << 20U;

struct Assignment {
    std::string key;
    std::string value;
};

/// "key = value"; a line that begins with a blank goes on with the value before it.
std::optional<Assignment> assignment_in(std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
        return std::nullopt;
    }
    return Assignment{lower(trim(line.substr(0, equals))),
                      std::string(trim(line.substr(equals + 1)))};
}

bool is_comment(std::string_view line) {
    return trim(line).empty() || line.front() == '#' || line.front() == ';';
}

bool says_no(std::string_view value) {
    const std::string word = lower(value);
    return word == "0" || word == "no" || word == "false" || word == "off";
}

/// baseurl and gpgkey may list several, with blanks or commas between them.
std::vector<std::string> list_in(std::string value) {
    std::ranges::replace(value, ',', ' ');
    return words_of(value);
}

void take(SourceEntry& entry, const Assignment& one) {
    if (one.key == "baseurl") {
        entry.uris = list_in(one.value);
    } else if (one.key == "gpgkey") {
        entry.signed_by = fmt::format("{}", fmt::join(list_in(one.value), " "));
    } else if (one.key == "enabled") {
        entry.enabled = !says_no(one.value);
    }
}

void finish(std::vector<SourceEntry>& entries,
            SourceEntry& entry,
            std::optional<Assignment>& last) {
    if (last) {
        take(entry, *last);
        last.reset();
    }
    if (!entry.id.empty() && entry.id != "main") {  // not a repository (dnf.conf(5), "[main]")
        entries.push_back(entry);
    }
}

}  // namespace

std::vector<SourceEntry> parse_repo_file(const std::string& path, std::string_view text) {
    std::vector<SourceEntry> entries;
    SourceEntry entry;
    std::optional<Assignment> last;
    for (const std::string_view line : lines_of(text.substr(0, longest_file))) {
        if (is_comment(line)) {
            continue;
        }
        if (is_blank(line.front()) && last) {
            last->value.append(" ").append(trim(line));
        } else if (line.front() == '[') {
            finish(entries, entry, last);
            entry = {};
            entry.file = path;
            entry.id = trim(line.substr(1, line.find(']') - 1));
        } else if (auto next = assignment_in(line)) {
            if (last) {
                take(entry, *last);
            }
            last = std::move(next);
        }
    }
    finish(entries, entry, last);
    return entries;
}

std::string own_repo_text(const Repository& repository, std::string_view keyring) {
    return fmt::format(
        "# Made by the AADSSHLoginForLinux extension handler; removed when the extension is "
        "removed.\n"
        "[{0}]\n"
        "name={0}\n"
        "baseurl={1}/\n"
        "enabled=1\n"
        "gpgcheck=1\n"
        "sslverify=1\n"
        "gpgkey=file://{2}\n",
        repository.id,
        repository.url,
        keyring);
}

}  // namespace aadssh
