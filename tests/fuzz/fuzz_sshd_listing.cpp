// SPDX-License-Identifier: MIT
// What `sshd -T` prints.
#include "handler/verify.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <optional>
#include <variant>

namespace aadssh {
namespace {

/// A machine on which sshd prints the input and no other program works.
class OnlySshd : public Processes {
  public:
    std::string listing;

    CommandResult run(const Command& command) override {
        return std::ranges::find(command.argv, "-T") == command.argv.end() ? exits(1)
                                                                           : exits(0, listing);
    }
    ProcessId start_detached(const Command&, const std::string&, std::string&) override {
        return {};
    }
    std::optional<CommandResult> wait_detached(const ProcessId&,
                                               std::chrono::milliseconds) override {
        return {};
    }
    bool alive(const ProcessId&) const override { return false; }
    std::string describe(pid_t) const override { return {}; }
    bool interrupted() const override { return false; }
    void heed_interruption() override {}
};

Facts debian() {
    Facts facts;
    OsRelease os;
    os.id = "debian";
    os.version_id = "12";
    facts.support = std::get<Support>(look_up(os, "x86_64"));
    return facts;
}

}  // namespace

void try_input(std::string_view input) {
    static FakeWorld fake;
    static OnlySshd processes;
    static World world{fake.files, processes, fake.http, fake.clock, {}, {}, "x86_64"};
    static const Facts facts = debian();
    processes.listing = input;
    const auto found = verify(world, facts, RunSshd::leave_absent);
    const auto sshd = std::ranges::find(found, "sshd", &Substatus::name);
    must(sshd != found.end(), "sshd is checked");
    must(sshd->level != Substatus::Level::success ||
             input.find("/usr/sbin/aad_certhandler") != std::string_view::npos,
         "sshd is fine only where it names the program");
    for (const Substatus& one : found) {
        must_be_showable(one.message, 1024);
    }
}

}  // namespace aadssh
