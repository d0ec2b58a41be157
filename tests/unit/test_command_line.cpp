// SPDX-License-Identifier: MIT
#include "handler/command_line.hpp"
#include "handler/commands.hpp"
#include "handler/failure.hpp"
#include "handler/run.hpp"
#include "tests/fakes/world.hpp"
#include "version.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace aadssh;

namespace {

struct Said {
    int code = -1;
    std::string out;
    std::string err;
};

Said say(const std::vector<std::string>& words) {
    FakeWorld fake;
    World world = fake.world();
    std::ostringstream out;
    std::ostringstream err;
    const int code = run(words, world, out, err);
    CHECK(fake.files.operations.empty());
    CHECK(fake.processes.commands.empty());
    CHECK(fake.http.requests.empty());
    return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("command line: every command of the table is known") {
    for (const auto& command : agent_commands()) {
        const auto line = parse_command_line({std::string(command.name)});
        CHECK(line.error.empty());
        CHECK(line.command == command.name);
    }
    CHECK(parse_command_line({"plan", "--json"}).json);
    CHECK_FALSE(parse_command_line({"plan"}).json);
}

TEST_CASE("command line: the agent's commands are the five it calls") {
    std::vector<std::string> names;
    for (const auto& command : agent_commands()) {
        names.emplace_back(command.name);
    }
    CHECK(names == std::vector<std::string>{"install", "enable", "disable", "update", "uninstall"});
}

TEST_CASE("command line: what makes no sense is code 2 with one sentence and nothing done") {
    const std::vector<std::vector<std::string>> nonsense{{},
                                                         {""},
                                                         {"instal"},
                                                         {"INSTALL"},
                                                         {"--json"},
                                                         {"install", "--json"},
                                                         {"enable", "now"},
                                                         {"plan", "--yaml"},
                                                         {"plan", "--json", "x"},
                                                         {"version", "x"},
                                                         {std::string(100000, 'x')},
                                                         {"a\nb\x1b[31m"}};
    for (const auto& words : nonsense) {
        const auto said = say(words);
        CAPTURE(said.err);
        CHECK(said.code == 2);
        CHECK(said.out.empty());
        CHECK(said.err.starts_with("AADSSH-2 start: "));
        CHECK(said.err.find("Fix: run aadssh-handler.sh help") != std::string::npos);
        CHECK(said.err.find('\n') == said.err.size() - 1);
        CHECK(said.err.find('\x1b') == std::string::npos);
        CHECK(said.err.size() < 1024);
    }
}

TEST_CASE("command line: help and version under all their names") {
    for (const std::string word : {"help", "--help", "-h"}) {
        const auto said = say({word});
        CHECK(said.code == 0);
        CHECK(said.out == help_text());
    }
    CHECK(say({"install", "--help"}).out == help_text());
    CHECK(say({"plan", "-h"}).out == help_text());
    for (const std::string word : {"version", "--version"}) {
        CHECK(say({word}).out == std::string(handler_version) + "\n");
    }
    CHECK(say({"version", "--json"}).out ==
          "{\"version\":\"" + std::string(handler_version) + "\"}\n");
}

TEST_CASE("help: names every command, every exit code and what is supported") {
    const auto text = help_text();
    for (const auto& command : agent_commands()) {
        CHECK(text.find("  " + std::string(command.name) + " ") != std::string::npos);
        CHECK(text.find(command.summary) != std::string::npos);
    }
    for (const auto* row = exit_code_texts_begin(); row != exit_code_texts_end(); ++row) {
        CHECK(text.find(row->meaning) != std::string::npos);
    }
    CHECK(text.find("Debian 9 to 13") != std::string::npos);
}
