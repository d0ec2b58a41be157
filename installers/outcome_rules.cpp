// SPDX-License-Identifier: MIT
#include "installers/outcome_rules.hpp"

#include "installers/text.hpp"

#include <charconv>

namespace aadssh {

namespace {

unsigned kinds_of(ToolRun kind) {
    switch (kind) {
        case ToolRun::refresh:
            return fetching | refreshing;
        case ToolRun::download:
            return fetching | installing;
        case ToolRun::transaction:
            return installing;
        case ToolRun::query:
        case ToolRun::check:
            break;
    }
    return any_run;
}

constexpr std::size_t longest_culprit = 300;

/// The table's length: the line says nothing.
std::size_t rank_of(std::string_view line, const Explaining& explaining) {
    const auto in_line = [&](std::string_view part) { return contains(line, part); };
    if (std::ranges::any_of(explaining.empty_talk, in_line)) {
        return explaining.lines.size();
    }
    return static_cast<std::size_t>(std::ranges::find_if(explaining.lines, in_line) -
                                    explaining.lines.begin());
}

struct Candidate {
    std::size_t rank;
    std::string text;
};

std::vector<Candidate> candidates_in(std::string_view text, const Explaining& explaining) {
    std::vector<Candidate> found;
    bool continued = false;
    for (const std::string_view line : lines_of(text)) {
        const std::size_t rank = rank_of(line, explaining);
        const bool explains = rank != explaining.lines.size();
        if (continued && !line.empty() && is_blank(line.front())) {
            found.back().text.append(" ").append(trim(line));  // the reason is on the next line
        } else if (explains) {
            const bool prefaced =
                !explaining.preface.empty() && line.starts_with(explaining.preface);
            found.push_back(
                {rank, std::string(trim(line.substr(prefaced ? explaining.preface.size() : 0)))});
        }
        continued = explains && line.ends_with(':');
    }
    return found;
}

}  // namespace

const OutcomeRule* first_match(std::span<const OutcomeRule> rules,
                               ToolRun kind,
                               std::string_view text) {
    const auto found = std::ranges::find_if(rules, [&](const OutcomeRule& rule) {
        return (rule.kinds & kinds_of(kind)) != 0 && contains(text, rule.text);
    });
    return found == rules.end() ? nullptr : &*found;
}

bool is_busy(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
}

bool says_busy(ToolRun kind, std::string_view text, std::string_view mark) {
    if (kind != ToolRun::refresh && kind != ToolRun::download) {
        return false;
    }
    for (std::size_t at = text.find(mark); at != std::string_view::npos;
         at = text.find(mark, at + 1)) {
        int status = 0;
        const char* const start = text.data() + at + mark.size();
        std::from_chars(start, text.data() + text.size(), status);
        if (is_busy(status)) {
            return true;
        }
    }
    return false;
}

std::string culprit_in(std::string_view text, const Explaining& explaining) {
    std::vector<Candidate> found = candidates_in(text, explaining);
    std::ranges::stable_sort(found, {}, &Candidate::rank);
    std::string culprit;
    for (const Candidate& each : found) {
        if (contains(culprit, each.text)) {
            continue;
        }
        if (!culprit.empty()) {
            culprit += "; " + each.text;
            break;
        }
        culprit = each.text;
    }
    if (culprit.size() > longest_culprit) {
        culprit.resize(longest_culprit - 3);
        culprit += "...";
    }
    return culprit;
}

}  // namespace aadssh
