// SPDX-License-Identifier: MIT
#include "handler/remedies.hpp"

#include "handler/log.hpp"
#include "handler/patient_get.hpp"
#include "handler/scrub.hpp"
#include "handler/transaction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace aadssh {
namespace {

constexpr std::size_t words_limit = 400;

/// How long the server at `url` wants to be left alone; it is asked only once.
Milliseconds wanted_pause(RunContext& run, const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.proxy = run.proxies.for_url(url);
    request.no_proxy = run.proxies.bypass;
    request.connect_limit = run.deadline.at_most(Seconds(5));
    request.limit = run.deadline.at_most(Seconds(10));
    return retry_after(run.world.http.get(request), run.world.clock).value_or(Seconds(0));
}

/// Each wait is three times the one before. False: too little time would be left for what follows.
bool wait_before(RunContext& run, const Remedy& remedy, int use) {
    Milliseconds pause = remedy.pause;
    for (int i = 1; i < use; ++i) {
        pause *= 3;
    }
    if (!remedy.retry_after_of.empty()) {
        pause = std::max(pause, wanted_pause(run, remedy.retry_after_of));
    }
    pause = jittered(pause);
    if (pause > Milliseconds(0)) {
        if (run.deadline.left() < pause + transaction_reserve(run.deadline)) {
            log_warning("no time is left to wait and try again");
            return false;
        }
        log_info(fmt::format("waiting {} ms", pause.count()));
        run.world.clock.sleep(pause);
    }
    return true;
}

}  // namespace

Outcome run_with_remedies(RunContext& run,
                          RunTool step,
                          const std::function<Outcome(const RunTool&)>& run_once,
                          Applied& result) {
    std::map<Outcome, int> uses;
    std::string failed;
    for (;;) {
        const auto outcome = run_once(step);
        if (outcome != Outcome::ok && !failed.empty()) {
            result.words = one_line(result.words + failed, words_limit);
        }
        const auto remedy = std::ranges::find(step.remedies, outcome, &Remedy::on);
        if (remedy == step.remedies.end() || uses[outcome] == remedy->times) {
            return outcome;
        }
        log_warning(fmt::format(
            "{}: {}; trying again after a remedy", step.purpose, outcome_in_words(outcome)));
        if (!wait_before(run, *remedy, ++uses[outcome])) {
            return outcome;
        }
        for (const auto& cure : remedy->steps) {
            // Whether it helped, the step itself says; but what another repository answered to a
            // cure may be why it did not.
            if (run_once(cure) != Outcome::ok && !result.words.empty()) {
                failed = fmt::format("; \"{}\" failed: {}", cure.purpose, result.words);
            }
        }
        step.argv.insert(step.argv.end(), remedy->again_with.begin(), remedy->again_with.end());
    }
}

}  // namespace aadssh
