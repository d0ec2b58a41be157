// SPDX-License-Identifier: MIT
#include "installers/older_version.hpp"

#include "installers/text.hpp"

namespace aadssh {

namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Takes the next run of digits or letters off the text; empty at its end.
std::string_view next_part(std::string_view& text) {
    while (!text.empty() && !is_digit(text.front()) && !is_letter(text.front())) {
        text.remove_prefix(1);
    }
    if (text.empty()) {
        return {};
    }
    bool (*const same)(char) = is_digit(text.front()) ? is_digit : is_letter;
    const auto end = static_cast<std::size_t>(
        std::ranges::find_if_not(text, [&](char c) { return same(c); }) - text.begin());
    const std::string_view part = text.substr(0, end);
    text.remove_prefix(end);
    return part;
}

int compare_numbers(std::string_view left, std::string_view right) {
    left.remove_prefix(std::min(left.find_first_not_of('0'), left.size()));
    right.remove_prefix(std::min(right.find_first_not_of('0'), right.size()));
    if (left.size() != right.size()) {
        return left.size() < right.size() ? -1 : 1;
    }
    return left.compare(right);
}

/// A number is newer than a word, and anything newer than nothing (rpm-version(7)).
int compare_parts(std::string_view left, std::string_view right) {
    if (left.empty() || right.empty()) {
        return static_cast<int>(!left.empty()) - static_cast<int>(!right.empty());
    }
    const bool left_number = is_digit(left.front());
    const bool right_number = is_digit(right.front());
    if (left_number != right_number) {
        return left_number ? 1 : -1;
    }
    return left_number ? compare_numbers(left, right) : left.compare(right);
}

}  // namespace

bool refuses_package(Outcome outcome) {
    return outcome == Outcome::signature || outcome == Outcome::mismatch;
}

int compare_versions(std::string_view left, std::string_view right) {
    for (;;) {
        const std::string_view one = next_part(left);
        const std::string_view other = next_part(right);
        if (const int order = compare_parts(one, other); order != 0) {
            return order;
        }
        if (one.empty()) {
            return 0;
        }
    }
}

std::string newest_up_to(const std::vector<std::string>& published, std::string_view limit) {
    std::string newest;
    for (const std::string& version : published) {
        const bool fits = compare_versions(version.substr(0, version.rfind('-')), limit) <= 0;
        if (fits && (newest.empty() || compare_versions(version, newest) > 0)) {
            newest = version;
        }
    }
    return newest;
}

std::string newest_but_one(std::vector<std::string> published) {
    std::ranges::sort(published, [](const std::string& left, const std::string& right) {
        return compare_versions(left, right) > 0;
    });
    const auto older = std::ranges::find_if(published, [&](const std::string& version) {
        return compare_versions(version, published.front()) < 0;
    });
    return older == published.end() ? std::string() : *older;
}

RunTool with_version(RunTool step, const std::string& version) {
    step.argv = step.older_argv;
    for (std::string& word : step.argv) {
        if (const auto at = word.find(version_mark); at != std::string::npos) {
            word.replace(at, version_mark.size(), version);
        }
    }
    step.older_argv.clear();
    step.older_question.clear();
    step.purpose += " " + version;
    return step;
}

}  // namespace aadssh
