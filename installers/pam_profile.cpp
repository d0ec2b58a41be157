// SPDX-License-Identifier: MIT
#include "installers/pam_profile.hpp"

#include "installers/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <deque>

namespace aadssh {

namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view primary_begins =
    "# here are the per-package modules (the \"Primary\" block)";
constexpr std::string_view primary_ends = "# here's the fallback if no module succeeds";
constexpr std::string_view additional_begins =
    "# and here are more per-package modules (the \"Additional\" block)";
constexpr std::string_view additional_ends = "# end of pam-auth-update config";

/// "[success=2 default=ignore]" without the 2: how far a jump goes depends on the other lines.
std::string without_jump(std::string_view line) {
    std::string text(line);
    const std::size_t first = text.find_first_of(digits, std::min(text.find('['), text.size()));
    const std::size_t past = text.find_first_not_of(digits, first);
    if (first != std::string::npos && past != std::string::npos &&
        text.find(']', past) != std::string::npos) {
        text.erase(first, past - first);
    }
    return text;
}

/// "[success=end default=ignore]" without the "end", which a record has in place of the number.
std::string without_end(std::string text) {
    constexpr std::string_view end = "end";
    const std::size_t open = text.find('[');
    const std::size_t close = text.rfind(']');
    if (open == std::string::npos || close == std::string::npos || close < end.size()) {
        return text;
    }
    const std::size_t at = text.rfind(end, close - end.size());
    if (at != std::string::npos && at > open) {
        text.erase(at, end.size());
    }
    return text;
}

/// "[success= default=ignore]<TAB>pam_unix.so" of a line of a record: control and module.
std::string_view head(std::string_view line) {
    constexpr std::string_view blanks = " \t";
    const std::size_t control = line.starts_with('[') ? line.find(']') : line.find_first_of(blanks);
    if (control == std::string_view::npos) {
        return {};
    }
    const std::size_t module = line.find_first_not_of(blanks, control + 1);
    return module == std::string_view::npos ? std::string_view()
                                            : line.substr(0, line.find_first_of(blanks, module));
}

/// The heads of all lines of a record, in order.
std::deque<std::string> heads_of(std::string_view record) {
    std::deque<std::string> heads;
    for (const std::string_view line : lines_of(record)) {
        const std::string plain = without_end(without_jump(line));
        if (!line.starts_with("Module: ") && !head(plain).empty()) {
            heads.emplace_back(head(plain));
        }
    }
    return heads;
}

/// Whether a line is one of those still to come; what stands before it in the record is gone from
/// the file.
bool take(std::deque<std::string>& heads, std::string line) {
    while (!heads.empty()) {
        const std::string expected = heads.front();
        heads.pop_front();
        line = without_jump(line);
        if (line.starts_with(expected)) {
            return true;
        }
    }
    return false;
}

std::string_view without_type(std::string_view line, std::string_view type) {
    const std::string_view rest =
        line.starts_with(type) ? line.substr(type.size()) : std::string_view();
    return !rest.empty() && is_blank(rest.front()) ? trim(rest) : line;
}

std::string foreign_line(std::size_t number, std::string_view line) {
    std::vector<std::string> words = words_of(line);
    if (words.size() > 3) {
        words.resize(3);  // options may hold what is nobody's business
    }
    return fmt::format(
        "line {}, \"{}\", was not written by pam-auth-update", number, fmt::join(words, " "));
}

}  // namespace

std::string pam_profile_conflict(std::string_view type,
                                 std::string_view record,
                                 std::string_view text) {
    constexpr std::array<std::string_view, 4> marks = {
        primary_begins, primary_ends, additional_begins, additional_ends};
    const std::string_view keyword = type.substr(0, type.find('-'));
    std::deque<std::string> heads = heads_of(record);
    std::size_t passed = 0;  // of the marks; an odd number is inside a block
    std::size_t number = 0;
    for (const std::string_view line : lines_of(text)) {
        ++number;
        if (passed == marks.size()) {
            break;
        }
        if (line.starts_with(marks.at(passed))) {
            ++passed;
        } else if (passed % 2 == 1 && !take(heads, std::string(without_type(line, keyword)))) {
            return foreign_line(number, line);
        }
    }
    return passed + 1 >= marks.size() ? std::string()
                                      : "the marks are gone between which pam-auth-update writes";
}

}  // namespace aadssh
