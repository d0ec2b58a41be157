// SPDX-License-Identifier: MIT
#include "handler/sshd_reload.hpp"

#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/scrub.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace aadssh {
namespace {

using Level = Substatus::Level;
using Way = SshdReload::Way;
using Properties = std::map<std::string, std::string, std::less<>>;

constexpr Seconds answer_limit{20};
/// Debian's family has ssh, with sshd as an alias, all others sshd.
constexpr const char* units[] = {"ssh.service", "sshd.service", "ssh.socket", "sshd.socket"};

/// "Id=ssh.service", "ActiveState=active", one block for each unit (systemctl(1), show).
std::vector<Properties> blocks_of(std::string_view text) {
    std::vector<Properties> blocks(1);
    for (const std::string_view line : lines_of(text)) {
        const std::size_t equals = line.find('=');
        if (equals != std::string_view::npos) {
            blocks.back()[std::string(line.substr(0, equals))] = line.substr(equals + 1);
        } else if (!blocks.back().empty()) {
            blocks.emplace_back();
        }
    }
    return blocks;
}

std::string value(const Properties& block, std::string_view name) {
    const auto found = block.find(name);
    return found == block.end() ? std::string() : found->second;
}

CommandResult ask_systemd(World& world) {
    std::vector<std::string> argv = {
        "systemctl", "show", "-p", "Id", "-p", "ActiveState", "-p", "CanReload"};
    argv.insert(argv.end(), std::begin(units), std::end(units));
    return run_logged(world, {.argv = argv, .limit = answer_limit});
}

}  // namespace

SshdReload choose_sshd_reload(std::string_view text) {
    const auto blocks = blocks_of(text);
    const auto active = [&](std::string_view suffix) {
        return std::ranges::find_if(blocks, [&](const Properties& block) {
            const auto state = value(block, "ActiveState");
            return value(block, "Id").ends_with(suffix) &&
                   (state == "active" || state == "reloading");
        });
    };
    if (const auto service = active(".service"); service != blocks.end()) {
        return {value(*service, "CanReload") == "no" ? Way::refused : Way::reload,
                value(*service, "Id")};
    }
    if (const auto socket = active(".socket"); socket != blocks.end()) {
        return {Way::next, value(*socket, "Id")};
    }
    return {};
}

void reload_sshd(RunContext& run) {
    // sd_booted(3)
    if (!run.world.files.info("/run/systemd/system")) {
        log_info("systemd does not run here, so it is left to the package to tell sshd");
        return;
    }
    const auto answer = ask_systemd(run.world);
    const auto [way, unit] = choose_sshd_reload(answer.output);
    std::string trouble;
    if (!answer.ok()) {
        trouble = fmt::format("systemctl show failed ({}, {})",
                              one_line(scrub(answer.output), 200),
                              describe_end(answer));
    } else if (way == Way::reload) {
        const auto end =
            run_logged(run.world, {.argv = {"systemctl", "reload", unit}, .limit = answer_limit});
        if (end.ok()) {
            run.note({"sshd-reload",
                      Level::success,
                      0,
                      fmt::format("{} was reloaded, so that sshd reads its files again.", unit)});
            return;
        }
        trouble = fmt::format("systemctl reload {} failed ({}, {})",
                              unit,
                              one_line(scrub(end.output), 200),
                              describe_end(end));
    } else if (way == Way::refused) {
        trouble = unit + " cannot be reloaded";
    } else {
        log_info(way == Way::next
                     ? unit + " starts sshd for the next connection, so nothing is reloaded"
                     : "no unit of sshd is active, so nothing is reloaded");
        return;
    }
    run.note({"sshd-reload",
              Level::warning,
              0,
              fmt::format("sshd's files were changed, but {}; if Entra users cannot sign in, "
                          "restart sshd at a quiet time.",
                          trouble)});
}

void reload_sshd_if_changed(RunContext& run, const SshdAnswer& before) {
    const auto now = ask_sshd(run.world);
    if (now.trouble.empty() && now.options != before.options) {
        reload_sshd(run);
    }
}

}  // namespace aadssh
