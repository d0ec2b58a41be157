// SPDX-License-Identifier: MIT
// Files of the machine and systemd's answer, of which we look for a word or two. The first byte of
// an input chooses the reader, a to e.
#include "handler/cloud_init.hpp"
#include "handler/pam_stack.hpp"
#include "handler/sshd.hpp"
#include "handler/sshd_reload.hpp"
#include "installers/pam_profile.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace aadssh {
namespace {

/// A machine with a file that changes, and perhaps one that does not.
struct OneFile {
    FakeWorld fake;
    World world = fake.world();
    std::string path;

    explicit OneFile(std::string file) : path(std::move(file)) { fake.files.add(path, ""); }
    OneFile(std::string file, const std::string& other, const std::string& text)
        : OneFile(std::move(file)) {
        fake.files.add(other, text);
    }
    void holds(std::string_view text) { fake.files.entries.at(path).content = text; }
};

void cloud_init(std::string_view text) {
    static OneFile machine("/run/cloud-init/status.json");
    machine.holds(text);
    const std::string stage = running_package_stage(machine.fake.files);
    must(stage.empty() || stage == "modules-config" || stage == "modules-final",
         "a stage that is waited for is one that installs packages");
}

void pam_stack(std::string_view text) {
    static OneFile machine(
        "/etc/pam.d/sshd", "/etc/pam.d/common-auth", "auth required pam_unix.so\n");
    machine.holds(text);
    std::set<std::string> seen;
    must(!sshd_pam_has(machine.world, "pam_aad.so", seen) ||
             text.find("pam_aad.so") != std::string_view::npos,
         "a module is found only where it is named");
    must(!text.starts_with("@include common-auth\n") ||
             sshd_pam_has(machine.world, "pam_unix.so", seen = {}),
         "what is included is looked at");
}

/// Up to the first NUL pam-auth-update's record, then the file.
void pam_record(std::string_view text) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    const std::string_view record = text.substr(0, end);
    const std::string_view file = text.substr(std::min(end + 1, text.size()));
    const std::string conflict = pam_profile_conflict("auth", record, file);
    must(conflict.find('\n') == std::string::npos, "a conflict is told in one line");
    must(pam_profile_conflict("auth", record, std::string("# ours\n").append(file)).empty() ==
             conflict.empty(),
         "a line before the blocks makes no difference");
}

void systemd(std::string_view text) {
    const SshdReload found = choose_sshd_reload(text);
    const std::string& unit = found.unit;
    must(unit.empty() == (found.way == SshdReload::Way::nothing), "a way has a unit");
    must(unit.find('\n') == std::string::npos, "a unit's name is on one line");
    must(
        unit.empty() || unit.ends_with(found.way == SshdReload::Way::next ? ".socket" : ".service"),
        "only a service is reloaded");
}

void sshd_config(std::string_view text) {
    static OneFile machine(
        "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/a.conf", "AllowGroups x\n");
    machine.holds(text);
    const auto places = places_of_option(machine.world, "allowgroups");
    must(places.size() <= 3, "the first few places are told");
    for (const std::string& place : places) {
        must(place.starts_with("/etc/ssh/sshd_config line ") ||
                 place == "/etc/ssh/sshd_config.d/a.conf line 1",
             "a place has a file and a line");
    }
    must(!text.starts_with("AllowGroups") || text.find_first_of("= \t\n") != 11 || !places.empty(),
         "an option is found where it is named");
}

constexpr std::array readers{cloud_init, pam_stack, pam_record, systemd, sshd_config};

}  // namespace

void try_input(std::string_view input) {
    if (!input.empty()) {
        readers.at(static_cast<unsigned char>(input[0] - 'a') % readers.size())(input.substr(1));
    }
}

}  // namespace aadssh
