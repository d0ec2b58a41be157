// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/files.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace aadssh {

struct FakeFile {
    FileInfo::Kind kind = FileInfo::Kind::regular;
    std::string content;  ///< for a link: where it points, an absolute path
    unsigned mode = 0644;
    uid_t owner = 0;
    std::int64_t modified = 0;
    gid_t group = 0;
};

/// A file system in a map. `/` exists; add() makes the folders above a file, the Files functions do
/// not.
///
///     FakeFiles files;
///     files.add("/etc/ssh/sshd_config", "PermitRootLogin no\n");
///     files.fail_on(2);  // the second change from here on fails
///     CHECK(files.write("/etc/ssh/new", "x", 0600).empty());
///     CHECK(files.operations == std::vector<std::string>{"write /etc/ssh/new 0600"});
class FakeFiles : public Files {
  public:
    std::map<std::string, FakeFile> entries{{"/", {FileInfo::Kind::folder, "", 0755, 0, 0}}};
    std::map<std::string, FileText> answers;  ///< what read and read_trusted say, before `entries`
    std::map<std::string, std::string>
        refused;                           ///< path (and all below) -> error text of every change
    std::set<std::string> held_elsewhere;  ///< try_lock finds these taken
    std::map<std::string, pid_t> lock_holders;
    std::set<std::string> read_only_paths;
    std::optional<std::uint64_t> free = 10ULL << 30U;
    std::map<std::string, std::uint64_t> free_below;  ///< path (and all below) -> instead of `free`
    std::map<std::string, std::uint64_t> devices;     ///< path (and all below) -> instead of 1

    /// The changes in their order: "write PATH 0600", "make_folder PATH 0755", "overwrite PATH",
    /// "reserve PATH", "remove PATH", "remove_tree PATH", "rename FROM TO", "seed FROM TO", "lock
    /// PATH". Failed ones end in " FAILED".
    std::vector<std::string> operations;

    void add(const std::string& path, const std::string& content, unsigned mode = 0644);
    void add_folder(const std::string& path, unsigned mode = 0755);
    void add_link(const std::string& path, const std::string& target);
    bool has(const std::string& path) const { return entries.contains(path); }
    /// The content, or "(absent)".
    std::string text(const std::string& path) const;

    /// The n-th change from now fails with "Input/output error"; 1 is the next one.
    void fail_on(int n) { fail_in_ = n; }
    /// Instead of the n-th change from now, Killed is thrown: what a SIGKILL leaves behind.
    void kill_on(int n) { kill_in_ = n; }
    struct Killed {};

    FileText read(const std::string& path, std::size_t limit) const override;
    FileText read_end(const std::string& path, std::size_t limit) const override;
    FileText read_trusted(const std::string& path, std::size_t limit) const override;
    std::optional<FileInfo> info(const std::string& path) const override;
    std::vector<std::string> list(const std::string& folder) const override;
    std::string write(const std::string& path, const std::string& content, unsigned mode) override;
    std::string overwrite(const std::string& path, const std::string& content) override;
    std::string reserve(const std::string& path, std::size_t bytes) override;
    std::string make_folder(const std::string& path, unsigned mode) override;
    std::string remove(const std::string& path) override;
    std::string remove_tree(const std::string& path) override;
    std::string rename(const std::string& from, const std::string& to) override;
    std::string seed(const std::string& from,
                     const std::string& to,
                     const std::string& except_prefix) override;
    std::unique_ptr<FileLock> try_lock(const std::string& path,
                                       const std::string& owner_text) override;
    std::optional<pid_t> lock_holder(const std::string& path) const override;
    bool read_only(const std::string& path) const override {
        return read_only_paths.contains(path);
    }
    std::optional<std::uint64_t> free_space(const std::string& path) const override;

  private:
    std::string change(const std::string& operation, const std::string& path);
    bool is_folder(const std::string& path) const;

    int fail_in_ = 0;
    int kill_in_ = 0;
};

}  // namespace aadssh
