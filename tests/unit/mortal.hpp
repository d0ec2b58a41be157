// SPDX-License-Identifier: MIT
#pragma once
#include "tests/fakes/world.hpp"

namespace aadssh {

/// What a SIGKILL of this program leaves behind: at its n-th change or start of a program it ends,
/// and what destructors do on the way out has no effect any more. A started transaction lives on.
///
///     Mortal mortal(vm.fake);
///     mortal.die_at(3);
///     CHECK_THROWS_AS(vm.command({"install"}, mortal.world), Mortal::Killed);
class Mortal {
  public:
    struct Killed {};

    explicit Mortal(FakeWorld& fake)
        : files_(fake.files, *this),
          processes_(fake.processes, *this),
          world{files_,
                processes_,
                fake.http,
                fake.clock,
                fake.environment,
                fake.own_folder,
                fake.machine,
                fake.root} {}
    Mortal(const Mortal&) = delete;
    Mortal& operator=(const Mortal&) = delete;

    void die_at(int point) { left_ = point; }
    bool dead() const { return dead_; }

  private:
    /// Whether the point is where it dies, or after that.
    bool dies() {
        if (left_ > 0 && --left_ == 0) {
            dead_ = true;
        }
        return dead_;
    }
    void point() {
        if (dies()) {
            throw Killed{};
        }
    }

    class MortalFiles : public Files {
      public:
        MortalFiles(FakeFiles& inner, Mortal& mortal) : inner_(inner), mortal_(mortal) {}
        FileText read(const std::string& path, std::size_t limit) const override {
            return inner_.read(path, limit);
        }
        FileText read_end(const std::string& path, std::size_t limit) const override {
            return inner_.read_end(path, limit);
        }
        FileText read_trusted(const std::string& path, std::size_t limit) const override {
            return inner_.read_trusted(path, limit);
        }
        std::optional<FileInfo> info(const std::string& path) const override {
            return inner_.info(path);
        }
        std::vector<std::string> list(const std::string& folder) const override {
            return inner_.list(folder);
        }
        std::optional<pid_t> lock_holder(const std::string& path) const override {
            return inner_.lock_holder(path);
        }
        bool read_only(const std::string& path) const override { return inner_.read_only(path); }
        std::optional<std::uint64_t> free_space(const std::string& path) const override {
            return inner_.free_space(path);
        }
        std::string write(const std::string& path,
                          const std::string& content,
                          unsigned mode) override {
            return change([&] { return inner_.write(path, content, mode); });
        }
        std::string overwrite(const std::string& path, const std::string& content) override {
            return change([&] { return inner_.overwrite(path, content); });
        }
        std::string reserve(const std::string& path, std::size_t bytes) override {
            return change([&] { return inner_.reserve(path, bytes); });
        }
        std::string make_folder(const std::string& path, unsigned mode) override {
            return change([&] { return inner_.make_folder(path, mode); });
        }
        std::string remove(const std::string& path) override {
            return change([&] { return inner_.remove(path); });
        }
        /// Destructors call this, and must not throw: dead, it goes on to the next point in vain.
        std::string remove_tree(const std::string& path) override {
            return mortal_.dies() ? "dead" : inner_.remove_tree(path);
        }
        std::string rename(const std::string& from, const std::string& to) override {
            return change([&] { return inner_.rename(from, to); });
        }
        std::string seed(const std::string& from,
                         const std::string& to,
                         const std::string& except) override {
            return change([&] { return inner_.seed(from, to, except); });
        }
        std::unique_ptr<FileLock> try_lock(const std::string& path,
                                           const std::string& text) override {
            return inner_.try_lock(path, text);
        }

      private:
        template <class Change>
        std::string change(Change change) {
            mortal_.point();
            return change();
        }
        FakeFiles& inner_;
        Mortal& mortal_;
    };

    class MortalProcesses : public Processes {
      public:
        MortalProcesses(FakeProcesses& inner, Mortal& mortal) : inner_(inner), mortal_(mortal) {}
        CommandResult run(const Command& command) override {
            mortal_.point();
            return inner_.run(command);
        }
        /// Two points: before the start, and after it, before anybody knows the pid.
        ProcessId start_detached(const Command& command,
                                 const std::string& output,
                                 std::string& error) override {
            mortal_.point();
            const auto id = inner_.start_detached(command, output, error);
            mortal_.point();
            return id;
        }
        std::optional<CommandResult> wait_detached(const ProcessId& id,
                                                   std::chrono::milliseconds limit) override {
            mortal_.point();
            return inner_.wait_detached(id, limit);
        }
        bool alive(const ProcessId& id) const override { return inner_.alive(id); }
        std::string describe(pid_t pid) const override { return inner_.describe(pid); }
        bool interrupted() const override { return inner_.interrupted(); }
        void heed_interruption() override { inner_.heed_interruption(); }

      private:
        FakeProcesses& inner_;
        Mortal& mortal_;
    };

    MortalFiles files_;
    MortalProcesses processes_;
    int left_ = 0;
    bool dead_ = false;

  public:
    World world;
};

}  // namespace aadssh
