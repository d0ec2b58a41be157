// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <optional>
#include <string>
#include <vector>

namespace aadssh {

inline constexpr const char* state_folder = "/var/lib/aadsshlogin-handler";

/// A file we wrote or were about to write. More than one digest: we were about to replace our own
/// earlier text, and either may be there.
struct FileRecord {
    std::string path;
    std::vector<std::string> sha256;

    bool operator==(const FileRecord&) const = default;
};

/// A package transaction that was about to start (pid 0) or has started.
struct TransactionRecord {
    std::string purpose;
    ProcessId process;
    std::string boot_id;
    /// Names of all packages that were installed before it, sorted; empty: not known (the database
    /// could not be asked, or an older version of this program wrote the record).
    std::vector<std::string> installed_before{};
};

/// An upgrade of aadsshlogin on a machine that passed the checks, which has not been seen to end
/// well.
struct UpgradeRecord {
    std::string from;  ///< the version that worked
    std::string to;

    bool operator==(const UpgradeRecord&) const = default;
};

/// What must outlive a handler version and a kill: what we added to the machine. Every record is
/// written *before* the effect, so a record whose effect never came is normal and harmless.
struct State {
    std::vector<std::string> packages;  ///< those that were not there before us
    std::vector<std::string>
        dependencies;  ///< came with them; they stay at removal and are named in the log
    std::vector<FileRecord> files;
    std::optional<TransactionRecord> transaction;
    std::optional<UpgradeRecord> upgrade;

    bool empty() const;
    bool added(const std::string& package) const;
    const FileRecord* file(const std::string& path) const;
    void record_package(const std::string& package);
    void record_file(const std::string& path, const std::vector<std::string>& digests);
    void forget_package(const std::string& package);
    void forget_file(const std::string& path);
};

/// Reads and writes /var/lib/aadsshlogin-handler/state.json (folder 0700, file 0600, atomically).
/// Top-level keys we do not know, and a newer schema number, come from a newer version of this
/// program and are kept.
class StateStore {
  public:
    explicit StateStore(World& world) : world_(world) {}

    /// Absent: empty state. Damaged: the file is set aside under another name and `warning` says so
    /// in a full sentence.
    State load(std::string& warning);

    /// Like load, but a damaged file is left where it is.
    State peek() const;

    /// Throws Failure(missing_dependency) when it cannot be written: without a record nothing may
    /// be changed.
    void save(const State& state);

    /// Removes the folder and everything in it, except a damaged record that was set aside: it is
    /// the only trace of what earlier runs added. Returns what stays, as a full sentence, or
    /// nothing.
    std::string remove_or_keep_damaged();

    /// Removes it if there is nothing to remember, so that a failed first install leaves no trace.
    void remove_if_empty(const State& state);

  private:
    World& world_;
    std::vector<std::pair<std::string, std::string>> unknown_;  ///< key, JSON text
    std::int64_t schema_ = 1;
};

}  // namespace aadssh
