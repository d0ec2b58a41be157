// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace aadssh {

struct PackageTool;

/// 40 upper-case hexadecimal digits: the fingerprint of a primary OpenPGP key, version 4.
using Fingerprint = std::string;

/// What a run of a package manager came to, whichever tool it was.
enum class Outcome {
    ok,
    locked,         ///< another process holds the tool's lock
    not_published,  ///< the repository answered; it, or the package in it, does not exist
    network,        ///< the repository did not answer, or answered with anything but 200 and 404
    busy,           ///< the server, or one on the way, asks to come back later: 429, 502, 503, 504
    mismatch,       ///< what came is not what the index lists: a mirror or cache is out of step
    signature,      ///< answered, but its signature or key was refused
    interrupted,    ///< an earlier transaction was cut off; needs the tool's own repair
    no_space,
    unmet,        ///< a dependency cannot be had from the indexes at hand, or a listed file is gone
    no_memory,    ///< the tool was killed, most likely for lack of memory
    certificate,  ///< the distribution's servers refuse this machine's client certificate
    sources,      ///< the tool cannot read this machine's own list of repositories
    failed,
};

/// query: asks indexes or databases on this machine. check: only sees whether the tool can work.
/// refresh: fetches indexes. download: fetches packages. transaction: changes installed packages,
/// is never signalled and never cut off.
enum class ToolRun { query, check, refresh, download, transaction };

struct Remedy;

/// One run of the package manager.
struct RunTool {
    std::string purpose;  ///< imperative phrase for people: "install aadsshlogin"
    ToolRun kind = ToolRun::query;
    std::vector<std::string> argv;
    std::map<std::string, std::string> environment;
    std::string package;  ///< the package it is about; empty for a refresh
    bool optional =
        false;  ///< outcome not_published makes a warning and skips the later steps for `package`
    bool dependency = false;  ///< `package` stays at removal, as what others need does
    std::string proof;  ///< refresh: a file whose name starts with this path must exist afterwards
    std::vector<Remedy> remedies;
    bool best_effort =
        false;  ///< its outcome ends nothing: the step after it shows whether it mattered
    std::string not_after;  ///< query: newer versions do not count; empty: all do
    /// query: the same question with an eye for what this machine's own configuration hides
    /// (excludes, locked versions, modules), to explain why nothing was found; empty: nothing is.
    std::vector<std::string> hidden_question;
    /// Where the newest package is refused (signature, mismatch): the question which versions are
    /// published, and the same command for one of them, with version_mark in its place. Both empty:
    /// only the newest will do.
    std::vector<std::string> older_question;
    std::vector<std::string> older_argv;
};

/// Stands for a version in RunTool::older_argv.
inline constexpr std::string_view version_mark = "{version}";

/// "If `on`: wait, run these, then the same step again." The wait grows from one time to the next
/// and is left out, with the remedy, when too little time would be left for the rest.
struct Remedy {
    Outcome on = Outcome::failed;
    std::vector<RunTool> steps = {};
    std::chrono::seconds pause{0};
    int times = 1;                             ///< used at most so often
    std::vector<std::string> again_with = {};  ///< further words of the command that is run again
    /// Asked once before the wait, which is as long as its Retry-After says where that is longer:
    /// package managers do not pass it on. Empty: nobody is asked.
    std::string retry_after_of = {};
};

/// The remedies of every step that fetches something from the server of `url`. A busy server is
/// asked again, and so it is for what is not what the index lists
/// (microsoft/linux-package-repositories#48): with the words `past_caches`, and after these steps.
std::vector<Remedy> patience(const std::string& url,
                             const std::vector<std::string>& past_caches,
                             const std::vector<RunTool>& refresh = {});

/// A folder for this run alone, emptied first if a cut-off run left it, removed by RemoveScratch:
/// index lists (seeded from the shared ones, except those whose name starts with `except_prefix`),
/// downloaded packages, temporary files. 0755, so that apt's unprivileged user can enter it.
struct MakeScratch {
    std::string folder;
    std::vector<std::string> subfolders;
    std::string seed_from;  ///< hard-linked or copied into <folder>/lists
    std::string except_prefix;
};
struct RemoveScratch {
    std::string folder;
};

/// A keyring made of the keys shipped with the extension and, where the settings say so, of the
/// file at `url`. Every primary key of every part must be in `accepted`, else nothing is written.
struct WriteKeyring {
    std::string path;
    std::vector<std::string> shipped;  ///< file names in the extension's keys/ folder
    std::string url;                   ///< https, may be empty
    std::vector<Fingerprint> accepted;
    bool armoured = false;  ///< as text, one block a file (rpm), not as packets (apt)
};

/// Makes rpm trust the keys of a file that WriteKeyring wrote. A key that the database holds
/// already is not ours to take out again. Some may be refused (RHEL 10 takes no key with a SHA-1
/// signature): it fails when none is there afterwards.
struct ImportKeys {
    std::string path;
    std::vector<Fingerprint> keys;
    std::vector<std::string> argv;
};

/// Under which name rpm's database shows an imported key: "gpg-pubkey-be1229cf".
std::string key_package(const Fingerprint& key);

struct WriteFile {
    std::string path;
    std::string content;
    unsigned mode = 0644;
    bool temporary = false;  ///< lies in the scratch folder; nothing to undo
    bool secret = false;     ///< holds a password: its content is shown to nobody
};
struct RemoveFile {
    std::string path;
};

using Step = std::
    variant<MakeScratch, WriteKeyring, ImportKeys, WriteFile, RemoveFile, RunTool, RemoveScratch>;

/// What a command will do, in order. The same value is printed by `plan` and carried out by
/// apply().
struct Plan {
    std::string title;
    std::vector<Step> steps;
    std::vector<std::string> notes;  ///< what is deliberately left alone, as full sentences
};

/// One line for people, without a number; remedies are appended as "; if <outcome>: <steps>, then
/// again".
std::string describe(const Step& step);

/// The title, the numbered steps with their command lines, the notes.
std::string describe(const Plan& plan);

/// For programs: "no_space".
std::string_view outcome_name(Outcome outcome);

/// For people, a clause: "the disk is full".
std::string_view outcome_in_words(Outcome outcome);

/// Whether it concerns the way to the repository, so that another repository, or the same one
/// later, may do better.
bool is_transient(Outcome outcome);
std::string_view tool_run_name(ToolRun kind);

/// argv as one line a person can paste into a shell: words quoted only where needed.
std::string shell_line(const std::vector<std::string>& argv);

}  // namespace aadssh
