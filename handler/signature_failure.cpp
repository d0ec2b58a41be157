// SPDX-License-Identifier: MIT
#include "handler/signature_failure.hpp"

#include "handler/facts.hpp"
#include "installers/openpgp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

namespace aadssh {
namespace {

enum class Refusal { too_early, too_late, key_absent, key_expired, key_weak, other };

struct Mark {
    std::string_view text;
    Refusal refusal;
};

/// Words of apt (apt-pkg/acquire-item.cc), gpgv and sqv; whole outputs are in tests/data/apt.
constexpr Mark marks[] = {
    {"is not valid yet (invalid for", Refusal::too_early},
    {"is expired (invalid since", Refusal::too_late},
    {"EXPKEYSIG ", Refusal::key_expired},
    // A key that vouches for itself with SHA-1: sqv's words (microsoft/linux-package-repositories
    // #47, #228; the second stands where the first was cut off), and rpm's.
    {"SHA1 is not considered secure", Refusal::key_weak},
    {" is not bound:", Refusal::key_weak},
    {"Hash algorithm SHA1 not available", Refusal::key_weak},
    {"NO_PUBKEY ", Refusal::key_absent},
    {"Missing key ", Refusal::key_absent},
    {"Failed to parse keyring", Refusal::key_absent},
};

Refusal refusal_in(const std::string& words) {
    const auto* mark = std::ranges::find_if(
        marks, [&](const Mark& one) { return words.find(one.text) != std::string::npos; });
    return mark == std::end(marks) ? Refusal::other : mark->refusal;
}

/// Whether the repository is signed as it should be: the words name a key that we accept (by its 40
/// digits or the last 16), or the keyring could not even be read. A key that nobody accepts is no
/// fault of the keyring.
bool concerns_accepted_key(const RunContext& run, const std::string& words) {
    if (words.find("Failed to parse keyring") != std::string::npos) {
        return true;
    }
    std::vector<Fingerprint> accepted = run.settings.signing_keys;
    std::ranges::transform(pinned_keys, std::back_inserter(accepted), [](const PinnedKey& key) {
        return Fingerprint(key.fingerprint);
    });
    return std::ranges::any_of(accepted, [&](const Fingerprint& key) {
        return words.find(key.substr(key.size() - 16)) != std::string::npos;
    });
}

std::optional<SourceEntry> existing_source(const RunContext& run,
                                           const Support& support,
                                           const Repository& repository) {
    std::vector<std::string> unread;
    const auto& tool = *support.row->tool;
    if (tool.imports_keys) {
        return std::nullopt;  // the keys that count are in rpm's database, and we put them there
    }
    auto entries = read_sources(run.world, tool, unread);
    std::erase_if(entries, [&](const SourceEntry& entry) {
        return is_ours(run.world, tool, entry.file, run.state);
    });
    const auto* found = find_source(entries, repository, support.architecture);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

/// Whether the keyring that our own source names is somebody else's, which is used as it is.
bool has_foreign_keyring(const RunContext& run, const Support& support) {
    const std::string keyring(support.row->keyring);
    return !support.row->tool->imports_keys && !keyring.empty() && run.world.files.info(keyring) &&
           run.state.file(keyring) == nullptr;
}

SourceEntry own_source(const Support& support) {
    SourceEntry entry;
    entry.file = "of this extension";
    entry.signed_by = support.row->keyring;
    return entry;
}

Failure wrong_time(const RunContext& run,
                   const Repository& repository,
                   Refusal refusal,
                   const std::string& words) {
    const bool early = refusal == Refusal::too_early;
    const std::string set_clock = "set the clock (timedatectl set-ntp true, or chronyc makestep)";
    return {
        ExitCode::signature_refused,
        Phase::repository,
        fmt::format("by this VM's clock, the index of the repository {} is {}",
                    repository.url,
                    early ? "not valid yet" : "out of date"),
        fmt::format("the clock says {}; {}", run.world.clock.utc(), words),
        early ? fmt::format("compare that with the real time and {}; then run the extension again",
                            set_clock)
              : fmt::format("if that is not the real time, {}; if it is, a mirror or proxy on the "
                            "way serves an old index and must be refreshed; then run the "
                            "extension again",
                            set_clock)};
}

/// Where a source's keys are (sources.list(5)), and how Microsoft's get there.
struct KeyPlace {
    std::string name;
    std::string mend;
};

KeyPlace key_place(const SourceEntry& source) {
    constexpr std::string_view fetch =
        "curl -sSf https://packages.microsoft.com/keys/microsoft.asc "
        "https://packages.microsoft.com/keys/microsoft-2025.asc";
    const std::string file = source.signed_by.substr(0, source.signed_by.find_first_of(", \t\n"));
    if (file.starts_with('/')) {
        const auto* const form = file.ends_with(".asc") ? "" : " | gpg --dearmor";
        return {"the keyring " + file,
                fmt::format("replace what it holds with {}{} > {}", fetch, form, file)};
    }
    if (source.signed_by.find("BEGIN PGP") != std::string::npos) {
        return {"the key in its field Signed-By", fmt::format("put there what {} prints", fetch)};
    }
    return {"apt's keyrings in /etc/apt/trusted.gpg.d",
            fmt::format("{} | gpg --dearmor > /etc/apt/trusted.gpg.d/microsoft-prod.gpg", fetch)};
}

Failure wrong_keyring(const Repository& repository,
                      const SourceEntry& source,
                      Refusal refusal,
                      const std::string& words) {
    const auto place = key_place(source);
    return {ExitCode::signature_refused,
            Phase::repository,
            fmt::format("the source {} trusts {}, in which the key that signs the repository {} {}",
                        source.file,
                        place.name,
                        repository.url,
                        refusal == Refusal::key_expired ? "has expired" : "is missing"),
            words,
            fmt::format("see that Microsoft's two keys {} and {} are there ({}); then run the "
                        "extension again",
                        pinned_keys[0].fingerprint,
                        pinned_keys[1].fingerprint,
                        place.mend)};
}

/// Never a way to switch the check off.
Failure weak_key(const Repository& repository,
                 const std::optional<SourceEntry>& source,
                 const std::string& words) {
    return {
        ExitCode::signature_refused,
        Phase::repository,
        fmt::format("this system does not accept the key that signs the repository {} any more, "
                    "because that key is certified with SHA-1 only{}",
                    repository.url,
                    source ? fmt::format(", as the source {} has it", source->file) : ""),
        words,
        source ? fmt::format("take the key as Microsoft publishes it now ({}); then run the "
                             "extension again",
                             key_place(*source).mend)
               : "install the newest version of this extension, which brings the keys as Microsoft "
                 "publishes them now; the check is not switched off"};
}

}  // namespace

Failure signature_failure(const RunContext& run,
                          const Support& support,
                          const Repository& repository,
                          const std::string& words) {
    const auto refusal = refusal_in(words);
    if (refusal == Refusal::too_early || refusal == Refusal::too_late) {
        return wrong_time(run, repository, refusal, words);
    }
    if (refusal == Refusal::key_weak && concerns_accepted_key(run, words)) {
        return weak_key(repository, existing_source(run, support, repository), words);
    }
    if (refusal != Refusal::other && concerns_accepted_key(run, words)) {
        const auto source = existing_source(run, support, repository);
        if (source || has_foreign_keyring(run, support)) {
            return wrong_keyring(repository, source.value_or(own_source(support)), refusal, words);
        }
    }
    // No command on the machine mends it; the code's own text says what does.
    return {ExitCode::signature_refused,
            Phase::repository,
            fmt::format("the signature of the repository {} ({}) is refused",
                        repository.url,
                        support.architecture),
            words};
}

}  // namespace aadssh
