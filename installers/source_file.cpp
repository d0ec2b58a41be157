// SPDX-License-Identifier: MIT
// Reading of apt's source files: sources.list(5), both formats.
#include "installers/repository.hpp"
#include "installers/text.hpp"

namespace aadssh {

namespace {

constexpr std::size_t longest_file = 1UL << 20U;

std::vector<std::string> strings_of(const std::vector<std::string_view>& parts) {
    return {parts.begin(), parts.end()};
}

/// Without its comment; a # between brackets is none (apt apt-pkg/sourcelist.cc,
/// pkgSourceList::ParseFileOneLine).
std::string_view without_comment(std::string_view line) {
    bool bracketed = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        bracketed = line[i] == '[' || (bracketed && line[i] != ']');
        if (line[i] == '#' && !bracketed) {
            return trim(line.substr(0, i));
        }
    }
    return trim(line);
}

void read_option(std::string_view option, SourceEntry& entry) {
    const std::size_t equals = option.find('=');
    if (equals == std::string_view::npos) {
        return;
    }
    const std::string_view value = option.substr(equals + 1);
    if (option.substr(0, equals) == "arch") {
        entry.architectures = strings_of(split(value, ','));
    } else if (option.substr(0, equals) == "signed-by") {
        entry.signed_by = value;
    }
}

/// "deb [options] uri suite component..."; no suite: not an entry.
bool read_line(std::string_view line, SourceEntry& entry) {
    if (!line.starts_with("deb") || line.size() < 4 || !(is_blank(line[3]) || line[3] == '[')) {
        return false;
    }
    std::string_view rest = trim(line.substr(3));
    if (rest.starts_with("[")) {
        const std::size_t end = rest.find(']');
        if (end == std::string_view::npos) {
            return false;
        }
        for (const std::string& option : words_of(rest.substr(1, end - 1))) {
            read_option(option, entry);
        }
        rest = rest.substr(end + 1);
    }
    const std::vector<std::string> words = words_of(rest);
    if (words.size() < 2) {
        return false;
    }
    entry.uris = {words[0]};
    entry.suites = {words[1]};
    entry.components.assign(words.begin() + 2, words.end());
    entry.text = std::string(line) + "\n";
    return true;
}

struct Field {
    std::string name;   ///< in lower case
    std::string value;  ///< with the line ends of a value of several lines
};

std::vector<Field> fields_of(std::string_view stanza) {
    std::vector<Field> fields;
    for (const std::string_view line : lines_of(stanza)) {
        const std::size_t colon = line.find(':');
        if (is_blank(line.front()) && !fields.empty()) {
            fields.back().value += "\n" + std::string(line);
        } else if (colon != std::string_view::npos && !is_blank(line.front())) {
            fields.push_back(
                {lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
        }
    }
    return fields;
}

/// apt apt-pkg/contrib/strutl.cc, StringToBool.
bool says_no(std::string_view value) {
    constexpr std::string_view words[] = {"0", "no", "false", "without", "off", "disable"};
    return std::ranges::find(words, lower(trim(value))) != std::end(words);
}

bool read_stanza(std::string_view stanza, SourceEntry& entry) {
    bool binary = false;
    bool enabled = true;
    for (const Field& field : fields_of(stanza)) {
        if (field.name == "types") {
            const std::vector<std::string> types = words_of(field.value);
            binary = std::ranges::find(types, "deb") != types.end();
        } else if (field.name == "enabled") {
            enabled = !says_no(field.value);
        } else if (field.name == "uris") {
            entry.uris = words_of(field.value);
        } else if (field.name == "suites") {
            entry.suites = words_of(field.value);
        } else if (field.name == "components") {
            entry.components = words_of(field.value);
        } else if (field.name == "architectures") {
            entry.architectures = words_of(field.value);
        } else if (field.name == "signed-by") {
            entry.signed_by = field.value;
        }
    }
    entry.deb822 = true;
    entry.text = stanza;
    return binary && enabled && !entry.uris.empty() && !entry.suites.empty();
}

/// The stanzas of a deb822 file, without their comments, each line ended.
std::vector<std::string> stanzas_of(std::string_view text) {
    std::vector<std::string> stanzas(1);
    for (const std::string_view line : lines_of(text)) {
        if (trim(line).empty()) {
            stanzas.emplace_back();
        } else if (line.front() != '#') {
            stanzas.back().append(line).append("\n");
        }
    }
    std::erase(stanzas, "");
    return stanzas;
}

}  // namespace

std::vector<SourceEntry> parse_source_file(const std::string& path, std::string_view text) {
    text = text.substr(0, longest_file);
    std::vector<SourceEntry> entries;
    const auto take = [&](bool (*read)(std::string_view, SourceEntry&), std::string_view part) {
        SourceEntry entry;
        entry.file = path;
        if (read(part, entry)) {
            entries.push_back(std::move(entry));
        }
    };
    if (path.ends_with(".sources")) {
        for (const std::string& stanza : stanzas_of(text)) {
            take(read_stanza, stanza);
        }
    } else {
        for (const std::string_view line : lines_of(text)) {
            take(read_line, without_comment(line));
        }
    }
    return entries;
}

}  // namespace aadssh
