// SPDX-License-Identifier: MIT
#pragma once
#include "installers/outcome_rules.hpp"
#include "installers/package_tool.hpp"
#include "installers/text.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What the tests of dnf, yum, tdnf and zypper have in common.
namespace aadssh {

/// A run of the real program, tests/data/<tool>/<its version>-<what>.txt, or what its source, its
/// documentation or a public report says that it prints: documented-<what>.txt.
struct Measured {
    std::string file;
    int code;
    ToolRun kind;
    Outcome outcome;
    std::string culprit;  ///< part of it; "-" when it does not matter, because the run was good
};

/// A run whose words say nothing, or not what they seem to say.
struct Quoted {
    std::string text;
    int code;
    ToolRun kind;
    Outcome outcome;
    std::string culprit = {};  ///< part of it
};

/// Those of yum, which shares its rules with dnf.
extern const std::span<const Measured> yum_runs;

inline void check_measured(const PackageTool& tool, std::span<const Measured> runs) {
    for (const Measured& each : runs) {
        CAPTURE(each.file);
        const std::string text = test_data(std::string(tool.name) + "/" + each.file + ".txt");
        CHECK(outcome_name(tool.classify(each.kind, each.code, text)) ==
              outcome_name(each.outcome));
        const std::string culprit = tool.culprit(text);
        CAPTURE(culprit);
        CHECK(culprit.size() <= 300);
        CHECK(!contains(culprit, "\n"));
        CHECK((each.culprit == "-" || contains(culprit, each.culprit)));
    }
}

/// No file in the tool's folder is left out of the table.
inline void check_complete(const PackageTool& tool, std::span<const Measured> runs) {
    std::set<std::string> known;
    for (const Measured& each : runs) {
        known.insert(each.file + ".txt");
    }
    std::set<std::string> files;
    for (const auto& file : std::filesystem::directory_iterator(AADSSH_SOURCE_DIR "/tests/data/" +
                                                                std::string(tool.name))) {
        files.insert(file.path().filename());
    }
    CHECK(files == known);
}

using Rules = std::span<const OutcomeRule>;
using Runs = std::pair<const PackageTool*, std::span<const Measured>>;

/// Each rule of these tables, which are asked in turn, decides about one of the runs at least: what
/// no text proves is a guess.
inline void check_rules(const std::vector<Rules>& tables, const std::vector<Runs>& tools) {
    std::set<const OutcomeRule*> proven;
    for (const auto& [tool, runs] : tools) {
        for (const Measured& each : runs) {
            const std::string text = test_data(std::string(tool->name) + "/" + each.file + ".txt");
            const OutcomeRule* rule = nullptr;
            for (const Rules table : tables) {
                rule = rule == nullptr ? first_match(table, each.kind, text) : rule;
            }
            if (rule != nullptr && rule->outcome == tool->classify(each.kind, each.code, text)) {
                proven.insert(rule);
            }
        }
    }
    for (const Rules table : tables) {
        for (const OutcomeRule& rule : table) {
            CAPTURE(rule.kinds);
            CHECK_MESSAGE(proven.contains(&rule), rule.text);
        }
    }
}

inline void check_quoted(const PackageTool& tool, std::span<const Quoted> runs) {
    for (const Quoted& each : runs) {
        CAPTURE(each.text);
        CAPTURE(tool_run_name(each.kind));
        CHECK(outcome_name(tool.classify(each.kind, each.code, each.text)) ==
              outcome_name(each.outcome));
        const std::string culprit = tool.culprit(each.text);
        CAPTURE(culprit);
        CHECK(contains(culprit, each.culprit));
    }
}

inline void check_any_bytes(const PackageTool& tool) {
    std::string noise;
    for (unsigned i = 0; i < 50000; ++i) {
        noise += static_cast<char>((i * 2654435761U) >> 11U);
    }
    for (const ToolRun kind :
         {ToolRun::query, ToolRun::refresh, ToolRun::download, ToolRun::transaction}) {
        CHECK_NOTHROW(tool.classify(kind, 1, noise));
        CHECK_NOTHROW(tool.classify(kind, 0, noise));
    }
    CHECK_NOTHROW(tool.culprit(noise));
    CHECK_NOTHROW(tool.newest_version(noise));
    CHECK_NOTHROW(tool.published_versions(noise));
    CHECK(tool.published_versions("").empty());
    CHECK(tool.culprit("").empty());
    CHECK(tool.newest_version("").empty());
}

/// A person is told a command for each outcome that has no message of its own; it is this tool's
/// or rpm's.
inline void check_hints(const PackageTool& tool, const std::string& package_word) {
    CHECK(repair_hint(tool, Outcome::ok).empty());
    for (const Outcome outcome : {Outcome::locked,
                                  Outcome::interrupted,
                                  Outcome::no_space,
                                  Outcome::unmet,
                                  Outcome::failed}) {
        CAPTURE(outcome_name(outcome));
        const std::string hint = repair_hint(tool, outcome);
        CHECK(!hint.empty());
        CHECK(!contains(hint, "{"));
        CHECK((contains(hint, tool.name) || contains(hint, "rpm") || contains(hint, "df -h") ||
               contains(hint, "ps -o ")));
    }
    CHECK(tool.removal_hint("aadlogin") == "rpm -e aadlogin");
    CHECK(tool.reinstall_hint("aadsshlogin", "") == package_word + " aadsshlogin");
    const std::string back = tool.downgrade_hint("aadsshlogin", "1.0.2-1");
    CHECK(back.starts_with(std::string(tool.name) + " "));
    CHECK((back.ends_with(" aadsshlogin-1.0.2-1") || back.ends_with(" aadsshlogin=1.0.2-1")));
}

/// Inputs that between them make every step and every command line.
inline std::vector<InstallInputs> all_inputs() {
    InstallInputs plain;
    plain.repository = {.url = "https://packages.microsoft.com/x",
                        .spellings = {},
                        .suite = {},
                        .id = "packages-microsoft-com-prod",
                        .provider = {}};
    plain.architecture = "x86_64";
    plain.keyring = "/etc/pki/rpm-gpg/KEY";
    plain.packages = {"aadsshlogin-selinux", "aadsshlogin"};
    plain.optional_packages = {"aadsshlogin-selinux"};
    plain.other_sources = {"baseos", "appstream"};
    InstallInputs again = plain;
    again.reinstall = {"aadsshlogin"};
    again.pin = "1.0.027980001";
    InstallInputs existing = plain;
    existing.existing_source.emplace();
    existing.existing_source->id = "mine";
    InstallInputs provided = plain;
    provided.repository.provider = "azurelinux-repos-ms-non-oss";
    provided.keyring.clear();
    InstallInputs older = plain;
    older.packages = {"aadsshlogin"};
    older.optional_packages.clear();
    older.version = "1.0.030480001-1";
    InstallInputs imposed = plain;
    imposed.proxy_variables = {{"https_proxy", "http://user:secret@proxy.example:3128"}};
    imposed.proxy_imposed = true;
    return {plain, again, existing, provided, older, imposed};
}

/// Every command line of the tool in all plans, remedies included.
inline std::vector<std::vector<std::string>> command_lines(const PackageTool& tool) {
    std::vector<std::vector<std::string>> lines;
    for (const InstallInputs& inputs : all_inputs()) {
        for (const Step& step : tool.install_plan(inputs).steps) {
            if (const auto* run = std::get_if<RunTool>(&step)) {
                lines.push_back(run->argv);
                if (!run->hidden_question.empty()) {
                    lines.push_back(run->hidden_question);
                }
                if (!run->older_argv.empty()) {
                    lines.push_back(run->older_argv);
                    lines.push_back(run->older_question);
                }
                for (const Remedy& remedy : run->remedies) {
                    lines.push_back(run->argv);
                    lines.back().insert(
                        lines.back().end(), remedy.again_with.begin(), remedy.again_with.end());
                    for (const RunTool& cure : remedy.steps) {
                        lines.push_back(cure.argv);
                    }
                }
            }
        }
    }
    return lines;
}

/// What is never stopped asks the network for nothing, and what fetches may ask it.
inline void check_offline(const PackageTool& tool) {
    std::size_t transactions = 0;
    const auto check = [&](const RunTool& run) {
        const bool installs = run.kind == ToolRun::transaction;
        transactions += installs ? 1U : 0U;
        for (const auto& argv : {run.argv, run.older_argv}) {
            const std::string line = shell_line(argv);
            CAPTURE(line);
            CHECK(
                (argv.empty() || run.kind == ToolRun::query || contains(line, " -C ") == installs));
        }
    };
    for (const InstallInputs& inputs : all_inputs()) {
        for (const Step& step : tool.install_plan(inputs).steps) {
            if (const auto* run = std::get_if<RunTool>(&step)) {
                check(*run);
                for (const Remedy& remedy : run->remedies) {
                    std::ranges::for_each(remedy.steps, check);
                }
            }
        }
    }
    CHECK(transactions > 5);
}

/// The words that a tool's manual pages know.
struct Documented {
    std::set<std::string> options;
    std::set<std::string> settings;  ///< what may follow --setopt=, perhaps behind a repository
    std::set<std::string> commands;
};

/// Every option, every setting and every command in the tool's plans is documented, and no command
/// line lacks a command.
inline void check_documented(const PackageTool& tool, const Documented& documented) {
    const auto lines = command_lines(tool);
    CHECK(lines.size() > 20);
    for (const auto& argv : lines) {
        CAPTURE(shell_line(argv));
        CHECK(argv.front() == tool.name);
        std::size_t commands = 0;
        for (const std::string& word : argv) {
            const std::string option = word.substr(0, word.find('='));
            if (word.starts_with("-")) {
                CHECK_MESSAGE(documented.options.contains(option), option);
            } else {
                commands += documented.commands.contains(word) ? 1U : 0U;
            }
            if (option == "--setopt") {
                const std::string setting = word.substr(option.size() + 1);
                const std::string name = setting.substr(0, setting.rfind('='));
                CHECK_MESSAGE(documented.settings.contains(name.substr(name.rfind('.') + 1)), name);
            }
        }
        CHECK(commands == 1);
    }
}

}  // namespace aadssh
