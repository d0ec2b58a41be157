// SPDX-License-Identifier: MIT
#include "handler/cloud_init.hpp"

#include "handler/json.hpp"
#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/transaction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace aadssh {
namespace {

constexpr const char* status_file = "/run/cloud-init/status.json";
/// Written once the last stage has ended.
constexpr const char* result_file = "/run/cloud-init/result.json";
constexpr std::size_t status_cap = 256UL * 1024;
constexpr Milliseconds poll = Seconds(1);

/// The module that obeys `packages:` and `package_upgrade:` belongs to either, as a distribution's
/// /etc/cloud/cloud.cfg has it; runcmd's commands, which may install things too, run in the second.
constexpr std::array<std::string_view, 2> package_stages = {"modules-config", "modules-final"};

Milliseconds patience(const Deadline& deadline) {
    const auto kept = transaction_reserve(deadline);
    const auto spare = deadline.left() > kept ? deadline.left() - kept : Milliseconds(0);
    return std::min<Milliseconds>(Milliseconds(deadline.total()) / 3, spare);
}

long long seconds(Milliseconds time) {
    return std::chrono::duration_cast<Seconds>(time).count();
}

}  // namespace

std::string running_package_stage(const Files& files) {
    if (files.info(result_file)) {
        return {};
    }
    const auto status = files.read(status_file, status_cap);
    if (!status.ok()) {
        return {};
    }
    std::string error;
    const auto json = Json::parse(status.text, error);
    const auto stage = json ? json->string("/v1/stage").value_or("") : std::string();
    return std::ranges::find(package_stages, stage) == package_stages.end() ? std::string() : stage;
}

void await_cloud_init(RunContext& run) {
    if (run.cloud_init_awaited) {
        return;
    }
    run.cloud_init_awaited = true;
    auto stage = running_package_stage(run.world.files);
    if (stage.empty()) {
        return;
    }
    const auto limit = patience(run.deadline);
    const auto start = run.world.clock.now();
    const auto waited = [&] {
        return std::chrono::duration_cast<Milliseconds>(run.world.clock.now() - start);
    };
    log_info(
        fmt::format("waiting: cloud-init's stage {} runs ({}) and may be installing packages; "
                    "waiting at most {} s for its end",
                    stage,
                    status_file,
                    seconds(limit)));
    while (!stage.empty() && waited() < limit) {
        if (run.world.processes.interrupted()) {
            throw asked_to_end("cloud-init was waited for");
        }
        run.world.clock.sleep(std::min(poll, limit - waited()));
        stage = running_package_stage(run.world.files);
    }
    if (stage.empty()) {
        log_info(fmt::format("cloud-init's stages have ended after {} s", seconds(waited())));
    } else {
        log_warning(
            fmt::format("cloud-init's stage {} still runs after {} s; going on beside it, "
                        "because its scripts may be waiting for this extension",
                        stage,
                        seconds(waited())));
    }
}

std::string cloud_init_clause(const Files& files) {
    const auto stage = running_package_stage(files);
    return stage.empty() ? std::string()
                         : fmt::format(
                               "; cloud-init's stage {} still runs ({}) and may be "
                               "installing packages",
                               stage,
                               status_file);
}

}  // namespace aadssh
