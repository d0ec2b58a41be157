// SPDX-License-Identifier: MIT
#include "installers/os_release.hpp"

#include "installers/text.hpp"

#include <optional>

namespace aadssh {

namespace {

constexpr std::size_t longest_value = 256;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// What may become part of a URL: os-release(5)'s alphabet for ID and VERSION_ID, and capitals.
bool is_identifier(std::string_view value) {
    const auto allowed = [](char c) {
        return is_letter(c) || is_digit(c) || contains("._-+~", {&c, 1});
    };
    return !value.empty() && (is_letter(value.front()) || is_digit(value.front())) &&
           std::ranges::all_of(value, allowed);
}

/// The value as a shell would read it, or nothing where the shell would do more than assign a word.
std::optional<std::string> unquote(std::string_view raw) {
    const char quote =
        !raw.empty() && (raw.front() == '"' || raw.front() == '\'') ? raw.front() : '\0';
    if (quote == '\0') {
        const bool plain = raw.find_first_of(" \t'\"`$\\;&|<>()#") == std::string_view::npos;
        return plain ? std::optional<std::string>(raw) : std::nullopt;
    }
    std::string value;
    for (std::size_t i = 1; i < raw.size(); ++i) {
        const bool escape = quote == '"' && raw[i] == '\\' && i + 1 < raw.size() &&
                            contains("\"$`\\", raw.substr(i + 1, 1));
        if (escape) {
            value += raw[++i];
        } else if (raw[i] == quote) {
            return i + 1 == raw.size() ? std::optional<std::string>(value) : std::nullopt;
        } else {
            value += raw[i];
        }
    }
    return std::nullopt;  // The closing quote is missing.
}

std::string printable(std::string_view text) {
    std::string result;
    std::ranges::copy_if(
        text, std::back_inserter(result), [](char c) { return c >= ' ' && c <= '~'; });
    return result;
}

struct Key {
    std::string_view name;
    std::string OsRelease::*field;
    bool identifier;
};
constexpr Key keys[] = {
    {"ID", &OsRelease::id, true},
    {"VERSION_ID", &OsRelease::version_id, true},
    {"VERSION_CODENAME", &OsRelease::version_codename, true},
    {"NAME", &OsRelease::name, false},
    {"PRETTY_NAME", &OsRelease::pretty_name, false},
};

void assign(OsRelease& os, std::string_view name, const std::string& value) {
    if (name == "ID_LIKE") {
        os.id_like.clear();
        for (const std::string& word : words_of(lower(value))) {
            if (is_identifier(word)) {
                os.id_like.push_back(word);
            }
        }
        return;
    }
    constexpr std::string_view codename = "_CODENAME";
    if (name.ends_with(codename) && name != "VERSION_CODENAME" && is_identifier(value)) {
        name.remove_suffix(codename.size());
        os.base_codenames[lower(name)] = value;
    }
    for (const Key& key : keys) {
        if (key.name == name && (!key.identifier || value.empty() || is_identifier(value))) {
            os.*key.field = value;
        }
    }
}

}  // namespace

OsRelease parse_os_release(std::string_view text) {
    OsRelease os;
    for (const std::string_view line : lines_of(text)) {
        const std::string_view assignment = trim(line);
        const std::size_t equals = assignment.find('=');
        if (equals == std::string_view::npos || assignment.front() == '#') {
            continue;
        }
        const std::string_view raw = assignment.substr(equals + 1);
        // Cut before the value is copied: a file can be one endless line.
        const std::optional<std::string> value =
            raw.size() <= 2 * longest_value ? unquote(printable(raw)) : std::nullopt;
        if (value && value->size() <= longest_value) {
            assign(os, assignment.substr(0, equals), *value);
        }
    }
    os.id = lower(os.id);
    return os;
}

}  // namespace aadssh
