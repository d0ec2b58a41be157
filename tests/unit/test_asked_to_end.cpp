// SPDX-License-Identifier: MIT
// SIGTERM at any moment: a terminal status, one line on stderr, and a machine that is as before or
// goes on by itself.
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace aadssh;

namespace {

void check_terminal(Machine& vm, const Ended& ended) {
    CHECK(ended.code != 0);
    CHECK(ended.err.starts_with("AADSSH-"));
    CHECK(contains_text(ended.err, "Fix: "));
    CHECK(std::ranges::count(ended.err, '\n') == 1);
    CHECK(vm.status().string("/0/status/status") == "error");
    CHECK(vm.status().integer("/0/status/code") == ended.code);
}

bool holds_our_key(const Machine& vm) {
    return std::ranges::any_of(
        vm.dpkg, [](const auto& known) { return known.first.starts_with("gpg-pubkey-"); });
}

/// Asked to end while the n-th program of an installation runs. False: it ended before that.
bool taken_back_or_goes_on(const Distribution& distribution, int n) {
    CAPTURE(n);
    Machine vm(distribution);
    const auto before = vm.system();
    vm.fake.processes.stop_on(n);
    const auto ended = vm.command("install");
    if (ended.code == 0) {
        return false;
    }
    check_terminal(vm, ended);
    if (ended.code == 66) {
        CHECK(contains_text(vm.state_text(), "\"transaction\""));
    } else {
        CHECK(ended.code == 62);
        const bool done = vm.version("aadsshlogin") == "1.0.2";
        CHECK((done || vm.system() == before));
        CHECK((done || !holds_our_key(vm)));
        // What it brought as dependencies stays, and stays on record.
        const auto record = vm.state_text();
        CHECK((done || record == "(absent)" ||
               contains_text(record, R"("packages":[],"dependencies":["libaad0"],"files":[])")));
    }
    vm.fake.processes.stop_requested = false;
    vm.fake.processes.living.clear();
    CHECK(vm.command("install").code == 0);
    return true;
}

}  // namespace

TEST_CASE("asked to end: while any program of an installation runs, it is taken back or goes on") {
    for (const auto& distribution : {debian_12, rhel_9}) {
        CAPTURE(distribution.repository);
        int points = 0;
        while (taken_back_or_goes_on(distribution, points + 1)) {
            ++points;
        }
        CHECK(points >= 15);
    }
}

TEST_CASE("asked to end: enable of a healthy machine, too") {
    int points = 0;
    for (int n = 1; n < 100; ++n) {
        CAPTURE(n);
        Machine vm(debian_12);
        vm.set_up_by_us();
        vm.fake.processes.stop_on(n);
        const auto ended = vm.command("enable");
        if (ended.code == 0) {
            break;
        }
        ++points;
        check_terminal(vm, ended);
        CHECK(vm.version("aadsshlogin") == "1.0.2");
    }
    CHECK(points >= 3);
}
