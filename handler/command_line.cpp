// SPDX-License-Identifier: MIT
#include "handler/command_line.hpp"

#include "handler/commands.hpp"
#include "handler/failure.hpp"
#include "handler/plan_command.hpp"
#include "handler/scrub.hpp"
#include "installers/catalogue.hpp"
#include "version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace aadssh {
namespace {

int show_help(const CommandLine& /*line*/,
              World& /*world*/,
              std::ostream& out,
              std::ostream& /*err*/) {
    out << help_text();
    return 0;
}

int show_version(const CommandLine& line,
                 World& /*world*/,
                 std::ostream& out,
                 std::ostream& /*err*/) {
    out << (line.json ? fmt::format(R"({{"version":"{}"}})", handler_version)
                      : std::string(handler_version))
        << '\n';
    return 0;
}

struct PersonCommand {
    std::string_view name;
    std::string_view summary;
    bool json;  ///< knows --json
    int (*function)(const CommandLine&, World&, std::ostream&, std::ostream&);
};

constexpr std::array person_commands{
    PersonCommand{
        "plan",
        "Prints exactly the steps that install would take on this machine; changes nothing.",
        true,
        plan_command},
    PersonCommand{"version", "Prints the version of this program.", true, show_version},
    PersonCommand{"help", "Prints this text.", false, show_help},
};

bool is_agent_command(std::string_view name) {
    return std::ranges::any_of(agent_commands(),
                               [&](const AgentCommand& command) { return command.name == name; });
}

const PersonCommand* person_command(std::string_view name) {
    const auto* found = std::ranges::find(person_commands, name, &PersonCommand::name);
    return found == person_commands.end() ? nullptr : found;
}

std::string canonical(const std::string& word) {
    if (word == "--help" || word == "-h") {
        return "help";
    }
    return word == "--version" ? "version" : word;
}

CommandLine usage_error(const std::string& what) {
    return {.command = {},
            .json = false,
            .error = fmt::format(
                "AADSSH-2 start: {}. Fix: run aadssh-handler.sh help, which lists the commands.",
                one_line(scrub(what), 300))};
}

}  // namespace

CommandLine parse_command_line(const std::vector<std::string>& words) {
    if (words.empty()) {
        return usage_error("no command was given");
    }
    CommandLine line{.command = canonical(words.front()), .json = false, .error = {}};
    const auto* person = person_command(line.command);
    if (person == nullptr && !is_agent_command(line.command)) {
        return usage_error(fmt::format("there is no command \"{}\"", words.front()));
    }
    for (auto word = words.begin() + 1; word != words.end(); ++word) {
        if (*word == "--help" || *word == "-h") {
            return {.command = "help", .json = false, .error = {}};
        }
        if (*word != "--json" || person == nullptr || !person->json) {
            return usage_error(
                fmt::format(R"(the command "{}" does not know "{}")", line.command, *word));
        }
        line.json = true;
    }
    return line;
}

int run_person_command(const CommandLine& line,
                       World& world,
                       std::ostream& out,
                       std::ostream& err) {
    return person_command(line.command)->function(line, world, out, err);
}

std::string help_text() {
    std::string text = fmt::format(
        "aadssh-handler {}: sets up Microsoft Entra ID sign-in over SSH on an Azure virtual "
        "machine.\n\n"
        "Usage: aadssh-handler COMMAND [--json]\n\nCommands for people:\n",
        handler_version);
    for (const auto& command : person_commands) {
        text += fmt::format(
            "  {:<10} {}{}\n", command.name, command.summary, command.json ? " (--json)" : "");
    }
    text += "\nCommands that the Azure Linux agent runs, as root:\n";
    for (const auto& command : agent_commands()) {
        text += fmt::format("  {:<10} {}\n", command.name, command.summary);
    }
    text += "\nExit codes:\n";
    for (const auto* row = exit_code_texts_begin(); row != exit_code_texts_end(); ++row) {
        text += fmt::format("  {:<3} {}\n", static_cast<int>(row->code), row->meaning);
    }
    return text + fmt::format(
                      "\nSupported: {}.\nWhether aadsshlogin is published for a release is asked "
                      "of the repository.\n",
                      supported_list());
}

}  // namespace aadssh
