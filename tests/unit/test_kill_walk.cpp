// SPDX-License-Identifier: MIT
// After a kill, or a failed change, at any point: the next run ends in the good state, and a later
// uninstall takes everything back.
#include "tests/unit/machines.hpp"
#include "tests/unit/mortal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace aadssh;

namespace {

using Lines = std::vector<std::string>;

/// The transaction that a killed run left behind ends while the next run waits for it.
void let_orphans_end(Machine& vm) {
    vm.fake.clock.at_sleep = [&vm] { vm.fake.processes.living.clear(); };
}

/// Paths that are new or other than before.
Lines added_or_changed(const Machine& vm, const std::map<std::string, std::string>& before) {
    Lines paths;
    for (const auto& [path, text] : vm.system()) {
        const auto found = before.find(path);
        if (found == before.end() || found->second != text) {
            paths.push_back(path);
        }
    }
    return paths;
}

/// Whether the machine is as if we had never been there; `before` is what was there then.
void check_clean(const Machine& vm, const std::map<std::string, std::string>& before) {
    CHECK(added_or_changed(vm, before) == Lines{});
    CHECK(vm.system().size() == before.size());
    CHECK(vm.version("aadsshlogin") == "(absent)");
    CHECK(std::ranges::none_of(
        vm.dpkg, [](const auto& known) { return known.first.starts_with("gpg-pubkey-"); }));
    CHECK_FALSE(vm.fake.files.has("/var/lib/aadsshlogin-handler"));
    CHECK_FALSE(vm.fake.files.has("/var/cache/aadsshlogin-handler"));
}

/// Install, killed at the n-th point; install again; uninstall. False: it ended before that point.
bool install_survives(const Distribution& distribution, int n) {
    Machine vm(distribution);
    const auto before = vm.system();
    Mortal mortal(vm.fake);
    mortal.die_at(n);
    try {
        vm.command({"install"}, mortal.world);
    } catch (const Mortal::Killed&) {
    }
    if (!mortal.dead()) {
        return false;
    }
    CAPTURE(n);
    let_orphans_end(vm);
    const auto again = vm.command("install");
    CHECK_MESSAGE(again.code == 0, again.err);
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK_FALSE(vm.fake.files.has("/var/cache/aadsshlogin-handler"));
    const auto removal = vm.command("uninstall");
    CHECK_MESSAGE(removal.code == 0, removal.err);
    check_clean(vm, before);
    return true;
}

/// Uninstall, killed at the n-th point; install; uninstall.
bool uninstall_survives(const Distribution& distribution, int n) {
    Machine vm(distribution);
    const auto before = vm.system();
    vm.set_up_by_us();
    Mortal mortal(vm.fake);
    mortal.die_at(n);
    try {
        vm.command({"uninstall"}, mortal.world);
    } catch (const Mortal::Killed&) {
    }
    if (!mortal.dead()) {
        return false;
    }
    CAPTURE(n);
    let_orphans_end(vm);
    const auto again = vm.command("install");
    CHECK_MESSAGE(again.code == 0, again.err);
    CHECK(vm.command("uninstall").code == 0);
    check_clean(vm, before);
    return true;
}

/// Install with the n-th change failing: good or taken back, then as above.
bool failure_is_taken_back(const Distribution& distribution, int n) {
    Machine vm(distribution);
    const auto before = vm.system();
    vm.fake.files.fail_on(n);
    const auto first = vm.command("install");
    const auto failed = std::ranges::any_of(vm.fake.files.operations, [](const std::string& line) {
        return line.ends_with(" FAILED");
    });
    if (!failed) {
        return false;
    }
    CAPTURE(n);
    CAPTURE(first.err);
    if (first.code != 0) {
        CHECK(added_or_changed(vm, before) == Lines{});
        CHECK(vm.version("aadsshlogin") == "(absent)");
    }
    const auto again = vm.command("install");
    CHECK_MESSAGE(again.code == 0, again.err);
    CHECK(vm.command("uninstall").code == 0);
    check_clean(vm, before);
    return true;
}

/// How many points there were.
int walk(const std::function<bool(int)>& survives) {
    int n = 1;
    while (survives(n)) {
        ++n;
    }
    return n - 1;
}

}  // namespace

TEST_CASE("kill walk: install can be killed at every change and every start of a program") {
    CHECK(walk([](int n) { return install_survives(debian_12, n); }) > 30);
    CHECK(walk([](int n) { return install_survives(debian_11, n); }) > 30);
    CHECK(walk([](int n) { return install_survives(rhel_9, n); }) > 30);
}

TEST_CASE("kill walk: uninstall can be killed at every change and every start of a program") {
    CHECK(walk([](int n) { return uninstall_survives(debian_12, n); }) > 10);
    CHECK(walk([](int n) { return uninstall_survives(rhel_9, n); }) > 10);
}

TEST_CASE("failure walk: whatever change fails, install succeeds or takes back what it added") {
    CHECK(walk([](int n) { return failure_is_taken_back(debian_12, n); }) > 15);
    CHECK(walk([](int n) { return failure_is_taken_back(rhel_9, n); }) > 15);
}
