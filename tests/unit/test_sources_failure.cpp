// SPDX-License-Identifier: MIT
// A list of repositories that the tool refuses to read, and repositories of others that are down.
#include "handler/facts.hpp"
#include "handler/outcome_failure.hpp"
#include "handler/sources_failure.hpp"
#include "tests/unit/machines.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

using namespace aadssh;

namespace {

const std::string conflict = test_data("apt/2.6-download-conflicting.txt");
const std::string own_source = "/etc/apt/sources.list.d/aadsshlogin-handler.list";

/// apt-get indextargets fails like this from the n-th time on.
void apt_cannot_parse(Machine& vm, int from, const std::string& words) {
    auto asked = std::make_shared<int>(0);
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "indextargets"); },
        [asked, from, words](const Command&) {
            return ++*asked >= from ? exits(100, words) : exits(0);
        });
}

Repository microsoft() {
    return {.url = "https://packages.microsoft.com/debian/12/prod",
            .spellings = {},
            .suite = "bookworm",
            .id = {},
            .provider = {}};
}

}  // namespace

TEST_CASE("sources: a contradiction that is there already is found before anything is written") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/apt/sources.list.d/a.list",
                      "deb [signed-by=/a.gpg] https://other.example/x stable main\n");
    vm.fake.files.add(
        "/etc/apt/sources.list.d/b.sources",
        "Types: deb\nURIs: https://other.example/x/\nSuites: stable\nComponents: main\n");
    apt_cannot_parse(vm,
                     1,
                     "E: Conflicting values set for option Signed-By regarding source "
                     "https://other.example/x/ stable: /a.gpg != \n"
                     "E: The list of sources could not be read.\n");
    const auto before = vm.system();
    const auto ended = vm.command("install");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "apt cannot read the list of repositories of this machine"));
    CHECK(contains_text(ended.err, "Conflicting values set for option Signed-By"));
    CHECK(contains_text(ended.err,
                        "in /etc/apt/sources.list.d/a.list and /etc/apt/sources.list.d/b.sources"));
    CHECK(contains_text(ended.err, "apt-get indextargets"));
    CHECK(vm.system() == before);
    for (const auto& operation : vm.fake.files.operations) {
        CHECK_FALSE(contains_text(operation, own_source));
    }
}

TEST_CASE("sources: one of ours that apt cannot read beside the others is taken back") {
    Machine vm(debian_12);
    apt_cannot_parse(vm, 2, conflict);
    const auto before = vm.system();
    const auto ended = vm.command("install");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "see that apt can read them together with ours"));
    CHECK(vm.system() == before);
    CHECK(std::ranges::find(vm.fake.files.operations, "write " + own_source + " 0644") !=
          vm.fake.files.operations.end());
    CHECK(vm.fake.processes.ran({"apt-get", "-q", "update"}) == 0);
}

TEST_CASE("sources: a malformed file is named by apt itself") {
    Machine vm(debian_12);
    apt_cannot_parse(vm, 1, test_data("apt/2.6-download-malformed-source.txt"));
    const auto ended = vm.command("install");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "/etc/apt/sources.list.d/zz.list"));
    CHECK(contains_text(ended.err, "correct the file that is named there"));
}

TEST_CASE("sources: the URL of another repository in a tool's words") {
    CHECK(foreign_url("E: Failed to fetch http://deb.example/debian/pool/x.deb  Connection failed",
                      microsoft()) == "http://deb.example/debian/pool/x.deb");
    CHECK(foreign_url("503 for https://a.example/x/repomd.xml (IP: 1.2.3.4)", microsoft()) ==
          "https://a.example/x/repomd.xml");
    CHECK(foreign_url("Location 'http://a.example/x' is down", microsoft()) ==
          "http://a.example/x");
    for (const auto* words : {"",
                              "http",
                              "https://",
                              "E: Failed to fetch https://packages.microsoft.com/debian/12/x",
                              "via the proxy http://proxy.example:3128, refused"}) {
        CAPTURE(words);
        CHECK(foreign_url(words, microsoft()).empty());
    }
}

TEST_CASE("sources: a distribution's mirror that is down is named, not Microsoft's repository") {
    Machine vm(debian_12);
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--download-only"); },
        [](const Command&) {
            return exits(100,
                         "E: Failed to fetch http://deb.example/debian/pool/libcurl4.deb  "
                         "Could not connect to deb.example:80\n");
        });
    const auto ended = vm.command("install");
    CHECK(ended.code == 20);
    CHECK(contains_text(ended.err, "another repository of this machine"));
    CHECK(contains_text(ended.err, vm.distribution.repository + " (amd64) can be reached"));
    CHECK(contains_text(ended.err,
                        "see that this VM reaches http://deb.example/debian/pool/libcurl4.deb"));
}

TEST_CASE(
    "sources: what kept a refresh of all repositories from helping is told with the failure") {
    Machine vm(debian_12);
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--download-only"); },
        [](const Command&) {
            return exits(100, "E: Package 'libcurl4' has no installation candidate\n");
        });
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "apt-get" && has_word(c, "update") &&
                   !has_word(c, "Dir::Etc::sourceparts=-");
        },
        [](const Command&) {
            return exits(0,
                         "W: Failed to fetch http://deb.example/dists/stable/InRelease  refused\n");
        });
    const auto ended = vm.command("install");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "has no installation candidate"));
    CHECK(contains_text(ended.err, "http://deb.example/dists/stable/InRelease"));
}
