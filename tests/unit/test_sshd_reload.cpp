// SPDX-License-Identifier: MIT
#include "handler/sshd_reload.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace aadssh;

namespace {

using Way = SshdReload::Way;

/// As `systemctl show` prints it; a unit that systemd does not know is inactive.
std::string unit(const std::string& name, const std::string& state, bool can_reload = true) {
    return fmt::format(
        "Id={}\nCanReload={}\nActiveState={}\n\n", name, can_reload ? "yes" : "no", state);
}

struct Reload {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run = context(world);

    explicit Reload(const std::string& units) {
        vm.fake.files.add_folder("/run/systemd/system");
        vm.fake.processes.on({"systemctl", "show"}, exits(0, units));
        vm.fake.processes.on({"systemctl", "reload"}, exits(0));
    }
    std::string noted() {
        reload_sshd(run);
        return run.checks.empty() ? "" : run.checks.front().message;
    }
    std::size_t ran(const Words& words) { return vm.fake.processes.ran(words); }
};

}  // namespace

TEST_CASE("sshd reload: the unit that runs sshd is chosen") {
    struct Row {
        std::string units;
        Way way;
        std::string unit;
    };
    const std::string no_socket = unit("ssh.socket", "inactive", false);
    const std::string socket = unit("ssh.socket", "active", false);
    for (const auto& row : {
             // Debian, where sshd.service is an alias.
             Row{unit("ssh.service", "active") + unit("ssh.service", "active") + no_socket,
                 Way::reload,
                 "ssh.service"},
             // Red Hat's family and SUSE.
             Row{unit("ssh.service", "inactive", false) + unit("sshd.service", "active"),
                 Way::reload,
                 "sshd.service"},
             // Ubuntu 22.10 and later, before and after the first connection.
             Row{unit("ssh.service", "inactive") + socket, Way::next, "ssh.socket"},
             Row{unit("ssh.service", "active") + socket, Way::reload, "ssh.service"},
             Row{unit("sshd.service", "reloading"), Way::reload, "sshd.service"},
             Row{unit("sshd.service", "active", false), Way::refused, "sshd.service"},
             Row{unit("sshd.service", "failed") + no_socket, Way::nothing, ""},
             Row{"", Way::nothing, ""},
             Row{"Failed to connect to bus: No such file or directory\n", Way::nothing, ""},
         }) {
        CAPTURE(row.units);
        const auto chosen = choose_sshd_reload(row.units);
        CHECK(chosen.way == row.way);
        CHECK(chosen.unit == row.unit);
    }
}

TEST_CASE("sshd reload: it is a reload, and told") {
    Reload good(unit("ssh.service", "active"));
    CHECK(good.noted() == "ssh.service was reloaded, so that sshd reads its files again.");
    CHECK(good.ran({"systemctl", "reload", "ssh.service"}) == 1);
    CHECK(good.vm.fake.processes.commands.size() == 2);
}

TEST_CASE("sshd reload: one that fails or cannot be is a warning, and nothing is restarted") {
    Reload failing(unit("ssh.service", "active"));
    failing.vm.fake.processes.on({"systemctl", "reload"}, exits(1, "Job for ssh failed\n"));
    REQUIRE(
        contains_text(failing.noted(), "systemctl reload ssh.service failed (Job for ssh failed"));
    CHECK(failing.run.checks.front().level == Substatus::Level::warning);
    Reload silent("");
    silent.vm.fake.processes.on({"systemctl", "show"}, exits(1, "Failed to connect to bus\n"));
    REQUIRE(contains_text(silent.noted(), "systemctl show failed (Failed to connect to bus"));
    CHECK(silent.run.checks.front().level == Substatus::Level::warning);
    Reload refused(unit("sshd.service", "active", false));
    CHECK(contains_text(refused.noted(), "sshd.service cannot be reloaded"));
    CHECK(refused.ran({"systemctl"}) == 1);
}

TEST_CASE("sshd reload: nothing is done for a socket, for no sshd and without systemd") {
    Reload socket(unit("ssh.socket", "active"));
    CHECK(socket.noted().empty());
    CHECK(socket.ran({"systemctl", "reload"}) == 0);
    Reload none("");
    CHECK(none.noted().empty());
    CHECK(none.ran({"systemctl", "reload"}) == 0);
    Reload without(unit("ssh.service", "active"));
    without.vm.fake.files.entries.erase("/run/systemd/system");
    CHECK(without.noted().empty());
    CHECK(without.ran({"systemctl"}) == 0);
}
