// SPDX-License-Identifier: MIT
#pragma once
#include "installers/outcome_rules.hpp"
#include "installers/plan.hpp"
#include "installers/rpm_parts.hpp"

#include <span>
#include <string_view>

// What dnf and yum 3 have in common: options' names, files, and most of their words.
namespace aadssh {

inline constexpr SourcePlace yum_source_places[] = {{"/etc/yum.repos.d", ".repo"}};
inline constexpr std::string_view yum_source_file = "/etc/yum.repos.d/microsoft-prod.repo";
inline constexpr std::string_view yum_own_source_file = "/etc/yum.repos.d/aadsshlogin-handler.repo";

/// `--setopt=ID.option=value`
std::string repository_option(std::string_view id, std::string_view option, std::string_view value);

/// Of every command that installs: other people's broken repositories are passed over, ours is not,
/// and another process at work is an answer (exit code 200), not something to wait for without end
/// (dnf.conf(5), yum.conf(5): skip_if_unavailable, exit_on_lock).
Words yum_install_options(const std::string& id);

/// An empty proxy means the one of the environment (libdnf, Repo.cpp; yum, yumRepo.py).
Words yum_forget_proxy();

/// Options with which a query finds what this machine's own configuration hides.
Words yum_past_excludes();

/// `how`: --downloadonly, or -C with what that has left in the cache.
Words yum_renew_certificates(std::string_view program, std::string_view how);

/// What a failed run of dnf or yum came to.
Outcome yum_classify_failure(ToolRun kind, int code, std::string_view text);
/// The rules it goes by, in this order; in sight so that a test can ask each for its proof.
std::span<const OutcomeRule> yum_first_rules();
std::span<const OutcomeRule> yum_last_rules();
std::string yum_culprit(std::string_view text);

inline constexpr Hint yum_hints[] = {
    {Outcome::locked, "ps -C {0},rpm -o pid,etime,args"},
    {Outcome::interrupted, "rpm --rebuilddb && {0} check"},
    {Outcome::no_space, "df -h / /usr /var"},
    {Outcome::unmet, "{0} clean expire-cache && {0} makecache"},
    {Outcome::certificate, "{0} -y --disablerepo='*' --enablerepo='*microsoft-azure*' update"},
    {Outcome::failed, "{0} check"},
};

}  // namespace aadssh
