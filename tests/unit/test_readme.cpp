// SPDX-License-Identifier: MIT
// The README's tables say what the program's tables say: a row more, less or different fails here,
// and the message shows the rows as they should be.
#include "handler/commands.hpp"
#include "handler/failure.hpp"
#include "handler/json.hpp"
#include "installers/catalogue.hpp"
#include "settings_schema.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

using namespace aadssh;

namespace {

using Rows = std::vector<std::string>;

/// The rows of the first table below a heading, without its two lines of head.
Rows readme_table(const std::string& heading) {
    std::istringstream readme(test_data("../../README.md"));
    Rows table;
    bool below = false;
    for (std::string line; std::getline(readme, line);) {
        if (line.starts_with('#')) {
            below = line == heading;
        } else if (below && line.starts_with('|')) {
            table.push_back(line);
        } else if (below && !table.empty()) {
            break;
        }
    }
    table.erase(table.begin(), table.begin() + std::min<std::ptrdiff_t>(2, std::ssize(table)));
    return table;
}

/// A bare <group> would be taken for HTML, and a bar ends a cell.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        escaped += (c == '<' || c == '|') ? std::string("\\") + c : std::string(1, c);
    }
    return escaped;
}

std::string text_of(const Rows& rows) {
    return fmt::format("\n{}\n", fmt::join(rows, "\n"));
}

void check_table(const std::string& heading, const Rows& expected) {
    CAPTURE(heading);
    REQUIRE_FALSE(expected.empty());
    CHECK(text_of(readme_table(heading)) == text_of(expected));
}

constexpr std::string_view microsoft = "https://packages.microsoft.com/";

std::string bound(const Json& schema, const std::string& pointer, const char* words) {
    const auto number = schema.integer(pointer);
    return number ? fmt::format(fmt::runtime(words), *number) : std::string();
}

std::string values_of(const Json& schema, const std::string& pointer) {
    return schema.string(pointer + "/type").value_or("") +
           bound(schema, pointer + "/minimum", ", at least {}") +
           bound(schema, pointer + "/maximum", ", at most {}") +
           bound(schema, pointer + "/maxItems", ", at most {} elements") +
           bound(schema, pointer + "/maxLength", ", at most {} characters");
}

/// One row for each setting that is no object; objects only group.
void add_settings(const Json& schema,
                  const std::string& pointer,
                  const std::string& path,
                  Rows& rows) {
    for (const std::string& name : schema.keys(pointer + "/properties")) {
        const std::string below = fmt::format("{}/properties/{}", pointer, name);
        const std::string full = path.empty() ? name : fmt::format("{}.{}", path, name);
        if (schema.is_object(below + "/properties")) {
            add_settings(schema, below, full, rows);
        } else {
            rows.push_back(fmt::format("| `{}` | {} | {} |",
                                       full,
                                       values_of(schema, below),
                                       cell(schema.string(below + "/description").value_or(""))));
        }
    }
}

}  // namespace

TEST_CASE("readme: exit codes") {
    Rows rows;
    for (const auto* row = exit_code_texts_begin(); row != exit_code_texts_end(); ++row) {
        rows.push_back(fmt::format("| {} | {} | {} |",
                                   static_cast<int>(row->code),
                                   cell(row->meaning),
                                   cell(row->remedy)));
    }
    check_table("## Exit codes", rows);
}

TEST_CASE("readme: settings") {
    std::string error;
    const auto schema = Json::parse(settings_schema_text, error);
    REQUIRE(schema);
    Rows rows;
    add_settings(*schema, "", "", rows);
    check_table("## Settings", rows);
}

TEST_CASE("readme: supported distributions") {
    Rows rows;
    for (const CatalogueRow& row : catalogue()) {
        const std::string_view first = row.releases.front().version;
        const std::string_view last = row.releases.back().version;
        std::vector<std::string> places;
        for (const Rung& rung : row.rungs) {
            const bool of_this_row =
                rung.version.empty() ||
                std::ranges::find(row.releases, rung.version, &Release::version) !=
                    row.releases.end();
            if (!of_this_row) {
                continue;
            }
            places.push_back(fmt::format(
                "`{}`{}",
                rung.url.substr(microsoft.size()),
                rung.version.empty() ? ""
                                     : fmt::format(" ({}, {})", rung.version, rung.architecture)));
        }
        rows.push_back(
            fmt::format("| {} {} | {} | {} |",
                        row.name,
                        first == last ? std::string(first) : fmt::format("{} to {}", first, last),
                        row.tool->name,
                        fmt::join(places, ", then ")));
    }
    // The last column, "Proven by", is compared with the tests by tests/scripts/test_readme.py.
    Rows table = readme_table("## Supported distributions");
    for (std::string& row : table) {
        row.erase(row.rfind(" | ", row.size() - 3) + 2);
    }
    CHECK(text_of(table) == text_of(rows));
}

TEST_CASE("readme: commands of the agent and their time limits") {
    Rows rows;
    for (const AgentCommand& command : agent_commands()) {
        rows.push_back(fmt::format(
            "| `{}` | {} | {} s |", command.name, cell(command.summary), command.limit.count()));
    }
    check_table("## What each command does", rows);
}
