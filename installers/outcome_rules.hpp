// SPDX-License-Identifier: MIT
#pragma once
#include "installers/plan.hpp"

#include <span>
#include <string>
#include <string_view>

namespace aadssh {

/// Which kinds of runs a rule is for, as a sum.
enum RuleKinds : unsigned { fetching = 1, installing = 2, refreshing = 4, any_run = 7 };

/// "A failed run of this kind that printed this text came to this."
struct OutcomeRule {
    unsigned kinds;
    std::string_view text;
    Outcome outcome;
};

/// The first rule of a table that fits, or nullptr.
const OutcomeRule* first_match(std::span<const OutcomeRule> rules,
                               ToolRun kind,
                               std::string_view text);

/// Whether an HTTP status means "come back later": 429, and what servers and those on the way to
/// them say for a while (502, 503, 504; RFC 9110, RFC 6585).
bool is_busy(int status);

/// Whether a refresh or a download met such a status; the tool writes it behind `mark`.
bool says_busy(ToolRun kind, std::string_view text, std::string_view mark);

/// How to find the lines of an output that say why it failed.
struct Explaining {
    std::span<const std::string_view> lines;  ///< parts of such lines, the best first
    std::span<const std::string_view>
        empty_talk;                 ///< begin like them but only repeat that it failed
    std::string_view preface = {};  ///< left out: takes the room of what follows it
};

/// The one or two best lines, at most 300 bytes; empty when there are none.
std::string culprit_in(std::string_view text, const Explaining& explaining);

}  // namespace aadssh
