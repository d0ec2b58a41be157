// SPDX-License-Identifier: MIT
#include "installers/plan.hpp"

#include "installers/text.hpp"

#include <fmt/format.h>

#include <array>

namespace aadssh {

namespace {

struct OutcomeText {
    Outcome outcome;
    std::string_view name;
    std::string_view condition;  ///< "if ...", "failed: ..."
};
constexpr OutcomeText outcome_texts[] = {
    {Outcome::ok, "ok", "it succeeds"},
    {Outcome::locked, "locked", "another process holds the package manager's lock"},
    {Outcome::not_published, "not_published", "the package is not published there"},
    {Outcome::network, "network", "the repository cannot be reached"},
    {Outcome::busy, "busy", "the server asks to come back later"},
    {Outcome::mismatch, "mismatch", "what arrives is not what the index lists"},
    {Outcome::signature, "signature", "a signature is refused"},
    {Outcome::interrupted, "interrupted", "an earlier installation was cut off"},
    {Outcome::no_space, "no_space", "the disk is full"},
    {Outcome::no_memory, "no_memory", "the package manager is killed for lack of memory"},
    {Outcome::unmet, "unmet", "something it needs is not in the index"},
    {Outcome::certificate,
     "certificate",
     "the distribution's servers refuse this machine's certificate"},
    {Outcome::sources, "sources", "the list of repositories cannot be read"},
    {Outcome::failed, "failed", "it fails"},
};

const OutcomeText& text_of(Outcome outcome) {
    return *std::ranges::find(outcome_texts, outcome, &OutcomeText::outcome);
}

constexpr std::size_t line_width = 100;

bool needs_quotes(std::string_view word) {
    constexpr std::string_view others = "%+,-./:=@_";
    const auto plain = [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
               contains(others, {&c, 1});
    };
    return word.empty() || !std::ranges::all_of(word, plain);
}

std::string quoted(std::string_view word) {
    if (!needs_quotes(word)) {
        return std::string(word);
    }
    std::string result = "'";
    for (const char c : word) {
        result += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return result + "'";
}

/// A command over several lines, still fit for a shell; an option and its value stay together.
std::string wrapped(const std::vector<std::string>& argv, const std::string& indent) {
    std::string text = indent;
    std::size_t width = indent.size();
    for (std::size_t i = 0; i < argv.size(); ++i) {
        std::string words = quoted(argv[i]);
        if (argv[i] == "-o" && i + 1 < argv.size()) {
            words += " " + quoted(argv[++i]);
        }
        const bool first = width == indent.size();
        if (!first && width + 1 + words.size() > line_width) {
            text += " \\\n" + indent + "    ";
            width = indent.size() + 4;
        } else if (!first) {
            text += " ";
            ++width;
        }
        text += words;
        width += words.size();
    }
    return text + "\n";
}

std::string indented(std::string_view content, std::string_view indent) {
    std::string text;
    for (const std::string_view line : lines_of(content)) {
        text.append(indent).append(line).append("\n");
    }
    return text;
}

std::string condition(const Remedy& remedy) {
    std::vector<std::string> parts;
    if (remedy.pause.count() > 0) {
        parts.push_back(fmt::format(
            "wait {} s{}",
            remedy.pause.count(),
            remedy.retry_after_of.empty() ? "" : " or as long as its Retry-After says"));
    }
    for (const RunTool& step : remedy.steps) {
        parts.push_back(step.purpose);
    }
    return fmt::format("if {}: {}, then again{}{}{}",
                       text_of(remedy.on).condition,
                       fmt::join(parts, ", "),
                       remedy.again_with.empty() ? "" : " with ",
                       shell_line(remedy.again_with),
                       remedy.times == 1 ? "" : fmt::format(", up to {} times", remedy.times));
}

constexpr std::string_view older_condition =
    "if the newest is refused for its signature or checksum: the version before it, with a warning";

/// Each kind of step has one sentence for its line and, where there is more to see, lines below it.
struct Sentence {
    std::string operator()(const MakeScratch& step) const {
        return fmt::format("make the folder {} for this run, with a copy of the index lists in {}",
                           step.folder,
                           step.seed_from);
    }
    std::string operator()(const RemoveScratch& step) const {
        return fmt::format("remove the folder {}", step.folder);
    }
    std::string operator()(const WriteKeyring& step) const {
        std::vector<std::string> parts = step.shipped;
        if (!step.url.empty()) {
            parts.push_back(step.url);
        }
        return fmt::format(
            "write the keyring {} with the keys of {}", step.path, fmt::join(parts, ", "));
    }
    std::string operator()(const ImportKeys& step) const {
        return fmt::format("have the package database trust the keys in {}", step.path);
    }
    std::string operator()(const WriteFile& step) const {
        return fmt::format("write the file {} (mode {:04o})", step.path, step.mode);
    }
    std::string operator()(const RemoveFile& step) const {
        return fmt::format("remove the file {}", step.path);
    }
    std::string operator()(const RunTool& step) const {
        std::string text = step.purpose;
        for (const Remedy& remedy : step.remedies) {
            text += "; " + condition(remedy);
        }
        if (!step.older_argv.empty()) {
            text += fmt::format("; {}", older_condition);
        }
        return text;
    }
};

constexpr std::string_view below = "        ";

struct Details {
    std::string operator()(const WriteKeyring& step) const {
        return fmt::format(
            "{}refused if it would hold any key but {}\n", below, fmt::join(step.accepted, ", "));
    }
    std::string operator()(const ImportKeys& step) const {
        return wrapped(step.argv, std::string(below));
    }
    std::string operator()(const WriteFile& step) const {
        return step.secret ? fmt::format("{}(not shown)\n", below)
                           : indented(step.content, std::string(below) + "| ");
    }
    std::string operator()(const RunTool& step) const {
        std::string text = wrapped(step.argv, std::string(below));
        for (const Remedy& remedy : step.remedies) {
            text += fmt::format("{}{}\n", below, condition(remedy));
        }
        if (!step.older_argv.empty()) {
            text += fmt::format("{}{}:\n{}",
                                below,
                                older_condition,
                                wrapped(step.older_argv, std::string(below) + "    "));
        }
        return text;
    }
    template <class Other>
    std::string operator()(const Other&) const {
        return {};
    }
};

/// The line above the details: a command's remedies are among them.
std::string headline(const Step& step) {
    const RunTool* run = std::get_if<RunTool>(&step);
    return run != nullptr ? run->purpose : describe(step);
}

/// Once for all steps: most share their remedies.
std::string remedies_of(const Plan& plan) {
    std::vector<std::string> conditions;
    std::string text;
    for (const Step& step : plan.steps) {
        const RunTool* run = std::get_if<RunTool>(&step);
        for (const Remedy& remedy : run != nullptr ? run->remedies : std::vector<Remedy>()) {
            if (remedy.steps.empty() ||
                std::ranges::find(conditions, condition(remedy)) != conditions.end()) {
                continue;
            }
            conditions.push_back(condition(remedy));
            text += fmt::format("Only if {}:\n", text_of(remedy.on).condition);
            for (const RunTool& cure : remedy.steps) {
                text += fmt::format(
                    "      {}\n{}", cure.purpose, wrapped(cure.argv, std::string(below)));
            }
        }
    }
    return text;
}

/// Once for all commands, because they share it. A proxy's URL may hold a password.
std::string environment_of(const Plan& plan) {
    std::map<std::string, std::string> variables;
    for (const Step& step : plan.steps) {
        if (const RunTool* run = std::get_if<RunTool>(&step)) {
            variables.insert(run->environment.begin(), run->environment.end());
        }
    }
    std::string text;
    for (const auto& [name, value] : variables) {
        text += name.ends_with("_proxy") ? fmt::format("    {} (not shown)\n", name)
                                         : fmt::format("    {}={}\n", name, quoted(value));
    }
    return text.empty() ? text : "Environment of the commands:\n" + text;
}

}  // namespace

std::string describe(const Step& step) {
    return std::visit(Sentence{}, step);
}

std::string describe(const Plan& plan) {
    std::string text = plan.title + "\n";
    int number = 0;
    for (const Step& step : plan.steps) {
        text += fmt::format("{:4}. {}\n{}", ++number, headline(step), std::visit(Details{}, step));
    }
    text += remedies_of(plan);
    text += environment_of(plan);
    if (!plan.notes.empty()) {
        text += "Notes:\n";
    }
    for (const std::string& note : plan.notes) {
        text += fmt::format("    {}\n", note);
    }
    return text;
}

std::vector<Remedy> patience(const std::string& url,
                             const std::vector<std::string>& past_caches,
                             const std::vector<RunTool>& refresh) {
    return {
        {.on = Outcome::busy, .pause = std::chrono::seconds(5), .times = 2, .retry_after_of = url},
        {.on = Outcome::mismatch,
         .steps = refresh,
         .pause = std::chrono::seconds(10),
         .again_with = past_caches}};
}

bool is_transient(Outcome outcome) {
    return outcome == Outcome::network || outcome == Outcome::busy || outcome == Outcome::mismatch;
}

std::string_view outcome_name(Outcome outcome) {
    return text_of(outcome).name;
}

std::string_view outcome_in_words(Outcome outcome) {
    return text_of(outcome).condition;
}

std::string_view tool_run_name(ToolRun kind) {
    constexpr std::array<std::string_view, 5> names = {
        "query", "check", "refresh", "download", "transaction"};
    return names.at(static_cast<std::size_t>(kind));
}

std::string shell_line(const std::vector<std::string>& argv) {
    std::vector<std::string> words;
    words.reserve(argv.size());
    for (const std::string& word : argv) {
        words.push_back(quoted(word));
    }
    return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace aadssh
