// SPDX-License-Identifier: MIT
#include "handler/apply.hpp"

#include "handler/cloud_init.hpp"
#include "handler/digest.hpp"
#include "handler/failure.hpp"
#include "handler/import_keys.hpp"
#include "handler/keyring.hpp"
#include "handler/log.hpp"
#include "handler/older_version.hpp"
#include "handler/packages.hpp"
#include "handler/remedies.hpp"
#include "handler/resources.hpp"
#include "handler/scrub.hpp"
#include "handler/transaction.hpp"
#include "installers/older_version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace aadssh {
namespace {

constexpr Milliseconds lock_retry = Seconds(2);

std::string parent(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

[[noreturn]] void file_failure(const std::string& what, const std::string& error) {
    throw Failure(ExitCode::missing_dependency,
                  Phase::repository,
                  what + " failed",
                  error,
                  "see that the disk is not full and not read-only (df -h, mount) and run the "
                  "extension again");
}

/// One plan being carried out. A class only because the steps share what earlier ones found out.
class Application {
  public:
    Application(RunContext& run, const PackageTool& tool) : run_(run), tool_(tool) {}
    ~Application() { remove_scratch(); }
    Application(const Application&) = delete;
    Application& operator=(const Application&) = delete;

    Applied carry_out(const Plan& plan) {
        log_info("plan: " + plan.title);
        for (const auto& step : plan.steps) {
            log_info("step: " + describe(step));
            std::visit([this](const auto& one) { (*this)(one); }, step);
            if (result_.outcome != Outcome::ok) {
                break;
            }
        }
        return result_;
    }

    void operator()(const MakeScratch& step);
    void operator()(const WriteKeyring& step) { write(step.path, make_keyring(run_, step), 0644); }
    void operator()(const ImportKeys& step);
    void operator()(const WriteFile& step);
    void operator()(const RemoveFile& step);
    void operator()(const RunTool& planned);
    void operator()(const RemoveScratch& /*step*/) { remove_scratch(); }

  private:
    void write(const std::string& path, const std::string& content, unsigned mode);
    void remove_scratch();
    Outcome run_until_unlocked(const RunTool& step);
    Outcome run_once(const RunTool& step);
    Outcome outcome_of(const RunTool& step, const CommandResult& end);
    Outcome transact(const RunTool& step);
    Outcome judge(Outcome outcome, const PackageState& before, const PackageState& after);
    void record_new(const RunTool& step, const PackageState& before);
    void note_upgrade(const RunTool& step, const PackageState& before);
    bool proved(const RunTool& step) const;
    Outcome read_newest(const RunTool& step, const std::string& text);

    RunContext& run_;
    const PackageTool& tool_;
    Applied result_;
    std::string scratch_;
    std::set<std::string> settled_;  ///< packages whose later steps are not needed
    OlderVersions older_;
    std::map<std::string, std::string> newest_;  ///< package -> what the index has
};

void Application::operator()(const MakeScratch& step) {
    auto& files = run_.world.files;
    scratch_ = step.folder;
    auto error = files.remove_tree(step.folder);  // of a run that was killed
    for (const auto& sub : step.subfolders) {
        error =
            error.empty() ? files.make_folder(fmt::format("{}/{}", step.folder, sub), 0755) : error;
    }
    if (error.empty() && !step.seed_from.empty()) {
        error = files.seed(step.seed_from, step.folder + "/lists", step.except_prefix);
    }
    if (!error.empty()) {
        file_failure(fmt::format("preparing the folder {}", step.folder), error);
    }
}

void Application::remove_scratch() {
    // A transaction that outlives us still works in there; the next run clears it away.
    if (!scratch_.empty() && !run_.state.transaction) {
        run_.world.files.remove_tree(scratch_);
        scratch_.clear();
    }
}

void Application::operator()(const WriteFile& step) {
    if (!step.temporary) {
        write(step.path, step.content, step.mode);
    } else if (const auto error = run_.world.files.write(step.path, step.content, step.mode);
               !error.empty()) {
        file_failure("writing " + step.path, error);
    }
}

void Application::write(const std::string& path, const std::string& content, unsigned mode) {
    const auto digest = sha256_hex(content);
    std::vector<std::string> digests{digest};
    if (const auto* record = run_.state.file(path)) {
        digests.insert(digests.end(), record->sha256.begin(), record->sha256.end());
    }
    run_.state.record_file(path, digests);
    run_.store.save(run_.state);
    std::string error;
    if (!run_.world.files.info(parent(path))) {
        error = run_.world.files.make_folder(parent(path), 0755);
    }
    if (error.empty()) {
        error = run_.world.files.write(path, content, mode);
    }
    if (!error.empty()) {
        file_failure("writing " + path, error);
    }
    run_.state.record_file(path, {digest});
    run_.store.save(run_.state);
}

void Application::operator()(const ImportKeys& step) {
    result_.outcome = import_keys(
        run_, tool_, step, [this](const RunTool& import) { return run_until_unlocked(import); });
    if (result_.outcome != Outcome::ok) {
        result_.purpose = describe(step);
        result_.kind = ToolRun::transaction;
    }
}

void Application::operator()(const RemoveFile& step) {
    if (const auto error = run_.world.files.remove(step.path); !error.empty()) {
        result_ = {.outcome = Outcome::failed, .purpose = "remove " + step.path, .words = error};
        return;
    }
    run_.state.forget_file(step.path);
    run_.store.save(run_.state);
}

void Application::operator()(const RunTool& planned) {
    if (!planned.package.empty() &&
        (settled_.contains(planned.package) || older_.kept.contains(planned.package))) {
        log_info(fmt::format("not needed: {}", planned.purpose));
        return;
    }
    const auto step = in_chosen_version(older_, planned);
    const auto carry_out = [this](const RunTool& one) {
        return run_with_remedies(
            run_, one, [this](const RunTool& each) { return run_until_unlocked(each); }, result_);
    };
    auto outcome = carry_out(step);
    outcome = try_older(run_, tool_, older_, step, outcome, result_, carry_out);
    if (outcome != Outcome::ok && step.best_effort) {
        log_warning(
            fmt::format("{}: {}; going on without it", step.purpose, outcome_in_words(outcome)));
        outcome = Outcome::ok;
    }
    if (outcome == Outcome::not_published && step.optional) {
        settled_.insert(step.package);
        result_.warnings.push_back(fmt::format(
            "The package {} is not published for this system and was left out.", step.package));
        return;
    }
    if (outcome == Outcome::ok) {
        result_.words.clear();
    }
    if (outcome == Outcome::not_published && step.kind == ToolRun::query) {
        result_.hidden = hidden_version(run_.world, tool_, step);  // while the source is there
    }
    result_.outcome = outcome;
    result_.purpose = step.purpose;
    result_.kind = step.kind;
}

/// The lock may be taken between our look and the tool's own: then both wait again. What the last
/// run had no time to see, the one before it has told.
Outcome Application::run_until_unlocked(const RunTool& step) {
    std::string lock;
    for (;;) {
        const auto outcome = run_once(step);
        if (!lock.empty() && run_.deadline.left() <= Milliseconds(0) && outcome != Outcome::ok) {
            result_.words = lock;
            return Outcome::locked;
        }
        if (outcome != Outcome::locked) {
            return outcome;
        }
        lock = result_.words;
        await_locks(run_, tool_, transaction_reserve(run_.deadline));
        if (run_.deadline.left() < lock_retry || run_.world.processes.interrupted()) {
            return outcome;
        }
        run_.world.clock.sleep(lock_retry);
    }
}

bool is_question(const RunTool& step) {
    return step.kind == ToolRun::query || step.kind == ToolRun::check;
}

Outcome Application::run_once(const RunTool& step) {
    if (step.kind == ToolRun::download || step.kind == ToolRun::transaction) {
        await_cloud_init(run_);
    }
    if (step.kind == ToolRun::transaction) {
        return transact(step);
    }
    if (tool_.waits_without_end) {
        await_locks(run_, tool_, Milliseconds(0));
    }
    const auto limit =
        is_question(step) ? run_.deadline.at_most(query_limit) : run_.deadline.left();
    const auto end = run_logged(
        run_.world, {.argv = step.argv, .environment = step.environment, .limit = limit});
    if (end.interrupted) {
        throw asked_to_end("this step ran: " + step.purpose);
    }
    if (end.timed_out && tool_.waits_without_end) {
        await_locks(run_, tool_, Milliseconds(0));  // no time is left: names who holds one
    }
    return outcome_of(step, end);
}

Outcome Application::outcome_of(const RunTool& step, const CommandResult& end) {
    result_.words = one_line(tool_.culprit(scrub(end.output)), 400);
    result_.timed_out = end.timed_out;
    if (killed_for_memory(end)) {
        result_.words = killing_words(end);
        return Outcome::no_memory;
    }
    if (!end.started || end.signal != 0 || end.timed_out) {
        result_.words = describe_end(end);
        return end.timed_out && !is_question(step) ? Outcome::network : Outcome::failed;
    }
    auto outcome = tool_.classify(step.kind, end.code, end.output);
    if (outcome == Outcome::ok && step.kind == ToolRun::refresh && !proved(step)) {
        outcome = Outcome::network;
    }
    if (outcome == Outcome::ok && step.kind == ToolRun::query) {
        outcome = read_newest(step, end.output);
    }
    return outcome;
}

/// An old apt ends with 0 although nothing was fetched; the new index file is the proof.
bool Application::proved(const RunTool& step) const {
    if (step.proof.empty()) {
        return true;
    }
    const auto prefix = step.proof.substr(step.proof.rfind('/') + 1);
    const auto names = run_.world.files.list(parent(step.proof));
    return std::ranges::any_of(names,
                               [&](const std::string& name) { return name.starts_with(prefix); });
}

/// What is installed already needs no download and no transaction, which would have to wait for
/// others' locks.
Outcome Application::read_newest(const RunTool& step, const std::string& text) {
    const auto newest = step.not_after.empty()
                            ? tool_.newest_version(text)
                            : newest_up_to(tool_.published_versions(text), step.not_after);
    if (newest.empty()) {
        result_.too_new = tool_.newest_version(text);
        return Outcome::not_published;
    }
    newest_[step.package] = newest;
    const auto state = ask_package(run_.world, tool_, step.package);
    if (state.installed() && state.version == newest) {
        log_info(fmt::format("{} {} is installed and the newest published", step.package, newest));
        settled_.insert(step.package);
    }
    return Outcome::ok;
}

/// Puts on record that the package will be ours, before it is there.
void Application::record_new(const RunTool& step, const PackageState& before) {
    const bool is_new = before.status == PackageState::Status::absent ||
                        before.status == PackageState::Status::config_files;
    if (is_new && !step.dependency) {
        run_.state.record_package(step.package);
        run_.store.save(run_.state);
    }
}

/// The transaction's own record, which comes next, saves it.
void Application::note_upgrade(const RunTool& step, const PackageState& before) {
    const auto chosen = older_.chosen.find(step.package);
    const auto& to = chosen == older_.chosen.end() ? newest_[step.package] : chosen->second;
    const bool from_working = step.package == login_package && before.installed() &&
                              before.version == run_.working_version;
    if (from_working && !to.empty() && to != before.version) {
        run_.state.upgrade = UpgradeRecord{before.version, to};
    }
}

Outcome Application::transact(const RunTool& step) {
    if (step.package.empty()) {
        return outcome_of(step, run_transaction(run_, tool_, step, {}));
    }
    const auto before = ask_package(run_.world, tool_, step.package);
    record_new(step, before);
    note_upgrade(step, before);
    const auto before_all = installed_packages(run_.world, tool_);
    const auto outcome = outcome_of(step, run_transaction(run_, tool_, step, before_all));
    note_dependencies(run_, tool_, before_all);
    return judge(outcome, before, ask_package(run_.world, tool_, step.package));
}

/// The database is believed, not the exit code: another package's script may have failed beside
/// ours, and some tools end with 0 although a script failed.
Outcome Application::judge(Outcome outcome, const PackageState& before, const PackageState& after) {
    if (outcome == Outcome::ok) {
        return after.installed() ? Outcome::ok : Outcome::failed;
    }
    if (after.installed() && (!before.installed() || after.version != before.version)) {
        result_.warnings.push_back(
            fmt::format("{} {} is installed, although the package manager reported: {}.",
                        after.name,
                        after.version,
                        result_.words));
        return Outcome::ok;
    }
    return outcome;
}

}  // namespace

Applied apply(RunContext& run, const PackageTool& tool, const Plan& plan) {
    return Application(run, tool).carry_out(plan);
}

}  // namespace aadssh
