// SPDX-License-Identifier: MIT
#include "installers/outcome_rules.hpp"
#include "installers/rpm_parts.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

using enum ToolRun;

constexpr OutcomeRule rules[] = {
    {refreshing, "gone", Outcome::not_published},
    {installing, "gone", Outcome::unmet},
    {fetching, "gone", Outcome::network},
    {fetching, "silent", Outcome::network},
    {any_run, "full", Outcome::no_space},
    {any_run, "full of it", Outcome::failed},
};

std::string meant(ToolRun kind, std::string_view text) {
    const OutcomeRule* rule = first_match(rules, kind, text);
    return rule == nullptr ? "(none)" : std::string(outcome_name(rule->outcome));
}

constexpr std::string_view best_first[] = {"because", "error:", "Problem"};
constexpr std::string_view talk[] = {"error: it failed"};
constexpr Explaining explaining = {
    .lines = best_first, .empty_talk = talk, .preface = "error: Dear user, "};

std::string culprit(std::string_view text) {
    return culprit_in(text, explaining);
}

}  // namespace

TEST_CASE("outcome rules: 429, 502, 503 and 504 mean later, of what is fetched") {
    const auto says = [](const std::string& text, ToolRun kind = ToolRun::refresh) {
        return says_busy(kind, text, "code: ");
    };
    for (const std::string status : {"429", "502", "503", "504"}) {
        CHECK(says("Status code: " + status + " for x"));
        CHECK(says("Status code: " + status));
        CHECK(says("code: 404, then code: " + status, ToolRun::download));
        CHECK_FALSE(says("code: " + status, ToolRun::transaction));
        CHECK_FALSE(says("code: " + status, ToolRun::query));
    }
    for (const std::string text : {"code: 500", "code: 404", "code: 5030", "503", "code: ", ""}) {
        CAPTURE(text);
        CHECK_FALSE(says(text));
    }
}

TEST_CASE("outcome rules: the first that fits the kind of run and the text") {
    CHECK(meant(refresh, "it is gone") == "not_published");
    CHECK(meant(download, "it is gone") == "unmet");
    CHECK(meant(transaction, "it is gone") == "unmet");
    CHECK(meant(refresh, "silent") == "network");
    CHECK(meant(download, "silent") == "network");
    CHECK(meant(transaction, "silent") == "(none)");
    for (const ToolRun kind : {query, refresh, download, transaction}) {
        CHECK(meant(kind, "full of it") == "no_space");
        CHECK(meant(kind, "other") == "(none)");
        CHECK(meant(kind, "") == "(none)");
    }
    // What a query prints may be about anything.
    CHECK(meant(query, "silent") == "network");
}

TEST_CASE("outcome rules: the lines that explain, the best first, each once") {
    CHECK(culprit("").empty());
    CHECK(culprit("fine\nvery fine\n").empty());
    CHECK(culprit("Problem 1\nerror: 2\nbecause 3\n") == "because 3; error: 2");
    CHECK(culprit("error: 1\nerror: 2\nerror: 3\n") == "error: 1; error: 2");
    CHECK(culprit("error: 1\nerror: 1\n") == "error: 1");
    CHECK(culprit("  error: indented  \r\n") == "error: indented");
}

TEST_CASE("outcome rules: lines that only repeat that it failed are left out, prefaces too") {
    CHECK(culprit("error: it failed\nProblem 1\n") == "Problem 1");
    CHECK(culprit("error: it failed\n").empty());
    CHECK(culprit("error: Dear user, the dog ate it\n") == "the dog ate it");
}

TEST_CASE("outcome rules: the reason on the next line belongs to the line before it") {
    CHECK(culprit("error: Failed:\n  the disk\n  and more\n") == "error: Failed: the disk");
    // rpm indents with a tab.
    CHECK(culprit("error: Failed dependencies:\n\ta is needed by b\n") ==
          "error: Failed dependencies: a is needed by b");
    CHECK(culprit("error: Failed:\nnot indented\n") == "error: Failed:");
    CHECK(culprit("error: Failed:\n\n  too late\n") == "error: Failed:");
    CHECK(culprit("error: Failed\n  no colon\n") == "error: Failed");
    CHECK(culprit("  nothing before\n").empty());
}

TEST_CASE("outcome rules: a message stays short") {
    const std::string cut = culprit("error: " + std::string(1000, 'x') + "\n");
    CHECK(cut.size() == 300);
    CHECK(cut.ends_with("..."));
    CHECK(culprit("error: " + std::string(293, 'x')).size() == 300);
    CHECK(!culprit("error: " + std::string(293, 'x')).ends_with("..."));
}

TEST_CASE("outcome rules: what is said of a repository's index is told from the rest") {
    CHECK(says_of_index("x 404 for https://a.example.org/repodata/repomd.xml (IP: 1)", "404"));
    CHECK(says_of_index("a\nhttps://a.example.org/repodata/repomd.xml: 404\nb\n", "404"));
    CHECK(says_of_index("404 https://a.example.org/repodata/repomd.xml", "404"));
    CHECK_FALSE(says_of_index("404 https://a.example.org/repodata/repomd.xml.asc", "404"));
    CHECK_FALSE(says_of_index("404 https://a.example.org/repodata/primary.xml.gz", "404"));
    CHECK_FALSE(says_of_index("503 https://a.example.org/repodata/repomd.xml", "404"));
    CHECK_FALSE(says_of_index("404\nhttps://a.example.org/repodata/repomd.xml", "404"));
    CHECK_FALSE(says_of_index("", "404"));
}
