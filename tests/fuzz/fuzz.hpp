// SPDX-License-Identifier: MIT
#pragma once
#include "handler/utf8.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace aadssh {

/// What each target defines: one run of the code under test. engine.cpp calls it.
void try_input(std::string_view input);

/// A property of the code under test. Where it does not hold the program ends, which libFuzzer
/// takes for a crash: it keeps the input.
inline void must(bool holds, const char* property) {
    if (!holds) {
        std::fprintf(stderr, "fuzz: this does not hold: %s\n", property);
        std::abort();
    }
}

/// Fit for one line of a log or a status: valid UTF-8, no line break, at most `limit` bytes.
inline void must_be_showable(std::string_view text, std::size_t limit) {
    must(text.size() <= limit, "a text for people keeps to its limit");
    must(text.find('\n') == std::string_view::npos, "a text for people is one line");
    must(valid_utf8(text) == text, "a text for people is valid UTF-8");
}

}  // namespace aadssh
