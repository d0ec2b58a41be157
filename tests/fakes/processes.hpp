// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/processes.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/files.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace aadssh {

/// Programs that answer by script. A rule matches by the first words of argv; the rule added last
/// wins. A command that no rule knows is not started, with "not scripted: ..." as its error.
///
///     FakeProcesses processes;
///     processes.on({"dpkg-query", "-W"}, exits(0, "aadsshlogin\tinstall ok installed\n"));
///     processes.on_call({"apt-get"}, [&](const Command& c) { installed = true; return exits(0);
///     }); CHECK(processes.ran({"apt-get", "install"}) == 1);
///     CHECK(processes.commands.back().environment.at("DEBIAN_FRONTEND") == "noninteractive");
///
/// start_detached follows the same rules. A result whose `timed_out` is set never ends; otherwise
/// it ends after its `duration`, and then its `output` lies in the output file.
class FakeProcesses : public Processes {
  public:
    using Call = std::function<CommandResult(const Command&)>;
    struct Detached {
        Command command;
        std::string output_path;
        ProcessId id;
        CommandResult result;
        std::chrono::milliseconds left{0};
    };

    std::vector<Command> commands;  ///< all that were asked for, detached ones too
    std::vector<Detached> detached;
    std::map<pid_t, std::uint64_t>
        living;  ///< pid and start time, for alive(); detached ones are added
    std::map<pid_t, std::string> names;  ///< for describe()
    bool stop_requested = false;         ///< what interrupted() says
    FakeClock* clock = nullptr;          ///< when set, durations pass on it
    FakeFiles* files = nullptr;          ///< when set, detached output is written there

    /// While the n-th program from now runs (1: the next), this program is asked to end.
    void stop_on(int n) { stop_in_ = n; }

    void on(Words prefix, CommandResult result);
    void on_each(Words prefix,
                 std::vector<CommandResult> results);  ///< in turn; the last one repeats
    void on_call(Words prefix, Call call);
    void on_match(std::function<bool(const Command&)> matches, Call call);

    /// How many recorded commands begin with these words.
    std::size_t ran(const Words& prefix) const;
    /// The recorded commands as lines, words joined by spaces.
    std::vector<std::string> lines() const;

    CommandResult run(const Command& command) override;
    ProcessId start_detached(const Command& command,
                             const std::string& output_path,
                             std::string& error) override;
    std::optional<CommandResult> wait_detached(const ProcessId& id,
                                               std::chrono::milliseconds limit) override;
    bool alive(const ProcessId& id) const override;
    std::string describe(pid_t pid) const override;
    bool interrupted() const override { return stop_requested; }
    void heed_interruption() override { stop_requested = false; }

  private:
    struct Rule {
        std::function<bool(const Command&)> matches;
        Call call;
    };
    CommandResult ask(const Command& command);
    bool stop_now();
    void finish(Detached& child);

    std::vector<Rule> rules_;
    pid_t next_pid_ = 5001;
    int stop_in_ = 0;
};

/// A result with this exit code and output.
CommandResult exits(int code, std::string output = {});

}  // namespace aadssh
