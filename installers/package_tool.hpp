// SPDX-License-Identifier: MIT
#pragma once
#include "installers/plan.hpp"
#include "installers/repository.hpp"
#include "installers/tool_proxy.hpp"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// How the package database describes one package.
struct PackageState {
    enum class Status { absent, config_files, installed, broken };
    std::string name;
    Status status = Status::absent;
    std::string version;
    bool held = false;
    bool reinstall = false;  ///< the database says that it must be unpacked again

    bool installed() const { return status == Status::installed; }
};

/// Everything make_install_plan needs to know; gathered by the handler, nothing is asked from here.
struct InstallInputs {
    Repository repository;
    std::optional<SourceEntry> existing_source;  ///< used as it is; ours is then not written
    std::vector<std::string> other_sources;      ///< rpm: ids of all other enabled repositories
    std::string architecture;                    ///< the tool's word for it: "amd64"
    std::string source_file;                     ///< where our own source goes
    bool source_in_place = false;   ///< our own file is there with the text we would write
    bool keyring_in_place = false;  ///< holds exactly `accepted_keys`, or is not ours
    bool keys_trusted = false;      ///< rpm: its database holds every key of `accepted_keys`
    std::string signed_by;          ///< what our source names; empty: none
    std::string keyring;            ///< where the key goes; empty: the distribution brings the keys
    std::vector<std::string> shipped_keys;
    std::string key_url;
    std::vector<Fingerprint> accepted_keys;
    std::vector<std::string> packages;           ///< in order of installation
    std::vector<std::string> optional_packages;  ///< subset of `packages`
    std::string pin;  ///< no newer version works on this release; empty: the newest does
    std::vector<std::string>
        reinstall;  ///< subset of `packages`: unpacked again even if the newest is there
    /// Of those in `reinstall`: the version that is installed and stays (a repair). Of others: one
    /// that worked, in place of a newer one whose installation failed. Empty: the newest.
    std::string version;
    bool ca_bundle_missing = false;
    std::map<std::string, std::string>
        proxy_variables;         ///< http_proxy, https_proxy, no_proxy in lower case
    bool proxy_imposed = false;  ///< they win over the proxy that the tool has configured itself
};

/// A file that an earlier run wrote.
struct OwnedFile {
    std::string path;
    bool present = true;
    bool changed = false;              ///< differs from what we wrote
    std::string owning_package;        ///< empty: none
    std::vector<std::string> used_by;  ///< other source files that need it
};

struct RemovalInputs {
    std::vector<std::string> packages;  ///< to purge: those that we added and that are there now
    std::vector<OwnedFile> files;
};

/// The id of our own rpm repository where Microsoft's is taken.
inline constexpr std::string_view own_repository_id = "aadsshlogin-handler";

/// Where a tool keeps its repositories: the files in a folder with this suffix, or, without a
/// suffix, one file.
struct SourcePlace {
    std::string_view path;
    std::string_view suffix;
};

/// How much an installation takes at a place, at the least. Places of one file system add up.
struct SpaceNeed {
    std::string_view path;
    unsigned mebibytes = 0;
};

/// A command with which a person looks closer, or repairs, after a run that came to `outcome`.
/// "{0}" in it stands for the tool's name.
struct Hint {
    Outcome outcome;
    std::string_view command;
};

/// A file by which a tool keeps others of its kind away.
struct ToolLock {
    enum class Kind {
        record,    ///< a POSIX (fcntl) lock on it
        pid_file,  ///< it holds the pid of a process that lives
    };
    std::string_view path;
    Kind kind = Kind::record;
};

/// A package manager: one constant each. Functions are pure.
struct PackageTool {
    std::string_view name;     ///< "apt"
    std::string_view program;  ///< must be executable: "/usr/bin/apt-get"

    /// Its words for x86_64 and aarch64.
    std::array<std::string_view, 2> architectures;

    /// What keeps a transaction or a download waiting; asked before each transaction.
    std::span<const ToolLock> locks;
    /// Whether its other runs wait for these locks, too, and without an end; then they are asked
    /// before each of those as well.
    bool waits_without_end = false;

    std::span<const SourcePlace> source_places;
    std::vector<SourceEntry> (*parse_sources)(const std::string& path, std::string_view text);

    /// The repository file that install_plan writes, and the one it writes instead where that
    /// name, or that repository's id, is taken by somebody else. Both are the same where nobody
    /// else uses the name.
    std::string_view source_file;
    std::string_view own_source_file;
    std::string (*source_text)(const InstallInputs&);

    /// Whether a key counts only once rpm's database holds it (ImportKeys), and not by its file.
    bool imports_keys = false;

    std::string_view scratch;  ///< the folder of MakeScratch; empty: none

    /// The types of SELinux's policy (selinux_config(5)) for which aadsshlogin-selinux, as this
    /// tool gets it, has a module.
    std::span<const std::string_view> selinux_policies;

    /// Beside what every installation needs: caches, the package database, and the folder where rpm
    /// puts the scripts of packages (its macro _tmppath).
    std::span<const SpaceNeed> space;

    Plan (*install_plan)(const InstallInputs&);
    Plan (*removal_plan)(const RemovalInputs&);
    /// Runs the configuration step of an installed package again, without its package file;
    /// nullptr: cannot be done with this tool.
    Plan (*configuration_plan)(const std::string& package);

    /// Which outcome a finished run came to. `text` is its stdout and stderr under LC_ALL=C.
    Outcome (*classify)(ToolRun kind, int code, std::string_view text);

    /// Asks the database for these packages, or for all when empty; parse_states reads the answer.
    std::vector<std::string> (*state_query)(const std::vector<std::string>& packages);
    std::vector<PackageState> (*parse_states)(std::string_view text);

    /// Whether this end of a state_query or an owner_query means that the database could not be
    /// read, and not just that something is absent from it.
    bool (*query_failed)(int code, std::string_view text);

    /// Asks which package owns a path; parse_owner gives its name or nothing.
    std::vector<std::string> (*owner_query)(const std::string& path);
    std::string (*parse_owner)(std::string_view text);

    /// The newest version in the answer of a `query` step; empty when nothing is published.
    std::string (*newest_version)(std::string_view text);

    /// Every version in the answer of a `query` step or to RunTool::older_question, in any order.
    std::vector<std::string> (*published_versions)(std::string_view text);

    /// Where RunTool::hidden_question finds what others do not, a phrase for people.
    std::string_view hiding_places;

    /// Where the proxy stands that it has configured itself: in a file or, where it can be asked,
    /// in the answer to a command.
    std::string_view proxy_file;
    std::vector<std::string> (*proxy_query)();
    ConfiguredProxy (*parse_proxy)(std::string_view text);
    /// Whether it can be told to use the proxy of the settings instead of that one.
    bool forgets_proxy = true;

    /// The one or two lines of a tool's output that say why it failed, for a message; empty when
    /// there are none.
    std::string (*culprit)(std::string_view text);

    /// The command by which a person removes a package, for a message.
    std::string (*removal_hint)(const std::string& package);

    /// The command by which a person has the package set itself up anew in the version that is
    /// installed (empty: none is), for a message.
    std::string (*reinstall_hint)(const std::string& package, const std::string& version);

    /// The command by which a person puts an earlier version of the package back, for a message.
    std::string (*downgrade_hint)(const std::string& package, const std::string& version);

    std::span<const Hint> hints;
};

/// The command with which a person repairs, or looks closer, for a message; empty when there is
/// none.
std::string repair_hint(const PackageTool& tool, Outcome outcome);

}  // namespace aadssh
