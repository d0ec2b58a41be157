// SPDX-License-Identifier: MIT
#include "handler/plan_command.hpp"

#include "handler/advice.hpp"
#include "handler/converge.hpp"
#include "handler/exposed_file.hpp"
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "handler/find_proxy.hpp"
#include "handler/json.hpp"
#include "handler/preflight.hpp"
#include "handler/repair.hpp"
#include "handler/resources.hpp"
#include "handler/scrub.hpp"
#include "handler/verify.hpp"

#include <fmt/format.h>

#include <ostream>

namespace aadssh {
namespace {

constexpr Seconds plan_limit{60};
/// A person is waiting: an identity that is missing or an IMDS that is silent is not asked twice.
constexpr IdentityPatience no_patience{Seconds(0), Seconds(0)};

struct Outlook {
    std::vector<Substatus> findings;
    std::string distribution;
    std::optional<Plan> plan;    ///< none: install would stop, or change nothing
    std::optional<Plan> repair;  ///< after `plan`, unless that brings a newer version
    std::string stop;  ///< the message with which install would end; empty: it would go on
    int code = 0;
};

/// Inside the agent's folder the extension's own settings count too; elsewhere only the
/// machine-wide ones.
void read_what_may_be_read(RunContext& run) {
    run.environment = read_handler_environment(run.world);
    run.sequence =
        run.environment.usable() ? sequence_number(run.world, run.environment) : std::nullopt;
    run.settings = read_settings(run.world, run.environment, run.sequence);
    if (run.world.root) {
        run.state = run.store.peek();
    } else {
        run.note({"record",
                  Substatus::Level::warning,
                  0,
                  "What this extension added earlier is unknown (needs root)."});
    }
}

void stop_at(Outlook& outlook, const Failure& failure) {
    if (outlook.stop.empty()) {
        outlook.stop = scrub(failure.message());
        outlook.code = static_cast<int>(failure.code);
    }
}

Plan first_plan(RunContext& run, const Facts& facts, const Repository& rung, Outlook& outlook) {
    const auto& tool = *facts.support.row->tool;
    const auto inputs =
        install_inputs(run.world, facts, rung, run.settings, run.proxies, run.state);
    if (const auto exposed = exposed_file(run.world, tool, inputs)) {
        stop_at(outlook, *exposed);
    }
    return tool.install_plan(inputs);
}

/// What an installation's own steps do not mend.
void look_at_damage(RunContext& run, const Facts& facts, const Repository& rung, Outlook& outlook) {
    const auto missing = damage(run.world, facts, RunSshd::leave_absent);
    if (missing.empty()) {
        return;
    }
    run.note({"repair",
              Substatus::Level::warning,
              0,
              fmt::format("Parts of the set-up are gone ({}); unless a newer aadsshlogin is "
                          "installed, {}.",
                          missing,
                          run.settings.repair ? "the version that is there is installed again"
                                              : "install ends with 21, because the setting repair "
                                                "is false")});
    if (run.settings.repair) {
        outlook.repair = repair_plan(run, facts, rung);
    }
}

void look_at_resources(RunContext& run, const Facts& facts, bool in_order, Outlook& outlook) {
    note_memory(run);
    if (const auto shortage = disk_shortage(run.world, *facts.support.row->tool)) {
        in_order ? run.note(kept_for_lack_of_room(*shortage)) : stop_at(outlook, *shortage);
    }
}

Outlook look_ahead(RunContext& run) {
    Outlook outlook;
    try {
        read_what_may_be_read(run);
        const auto facts = gather_facts(run.world, run.environment);
        outlook.distribution = facts.support.distribution;
        note_support(run, facts);
        const bool in_order = healthy(run.world, facts, RunSshd::leave_absent);
        try {
            check_changeable(facts, in_order);
            check_legacy(run, facts);
            note_twins(run, facts);
            if (!in_order) {
                check_pam_files(run);
            }
            check_identity(run, in_order, no_patience);
        } catch (const Failure& failure) {
            stop_at(outlook, failure);
        }
        for (const auto& place : facts.unread) {
            run.note({"unread",
                      Substatus::Level::warning,
                      0,
                      fmt::format("Could not be read: {}.", place)});
        }
        note_advice(run, RunSshd::leave_absent);
        const bool kept = note_kept_package(run, facts);
        if (!kept || !in_order) {
            find_proxy(run, *facts.support.row->tool);
            const auto rung = choose_rungs(run, facts).front();
            look_at_damage(run, facts, rung, outlook);
            if (!kept) {
                look_at_resources(run, facts, in_order, outlook);
                outlook.plan = first_plan(run, facts, rung, outlook);
            }
        }
        if (kept && !outlook.repair) {
            demand_verified(run, facts, RunSshd::leave_absent);
        }
    } catch (const Failure& failure) {
        stop_at(outlook, failure);
    } catch (const std::exception& error) {
        stop_at(
            outlook,
            Failure(
                ExitCode::internal_error, Phase::start, "the handler itself failed", error.what()));
    }
    outlook.findings = run.checks;
    return outlook;
}

std::string_view level_name(Substatus::Level level) {
    switch (level) {
        case Substatus::Level::success:
            return "ok";
        case Substatus::Level::warning:
            return "warning";
        case Substatus::Level::error:
            break;
    }
    return "error";
}

std::string as_text(const Outlook& outlook) {
    std::string text;
    for (const auto& finding : outlook.findings) {
        text += fmt::format(
            "{:<12} {:<8} {}\n", finding.name, level_name(finding.level), finding.message);
    }
    if (outlook.plan) {
        text += fmt::format("{}{}", text.empty() ? "" : "\n", describe(*outlook.plan));
    }
    if (outlook.repair) {
        text += fmt::format("\n{}", describe(*outlook.repair));
    }
    if (!outlook.stop.empty()) {
        text += fmt::format("\ninstall would stop {}with: {}\n",
                            outlook.plan ? "before these steps " : "",
                            outlook.stop);
    } else if (!outlook.plan && !outlook.repair) {
        text += "\ninstall would change nothing.\n";
    }
    return scrub(text);
}

std::string as_json(const Outlook& outlook) {
    JsonWriter writer;
    writer.object().key("distribution").value(outlook.distribution).key("code").value(outlook.code);
    writer.key("stop").value(outlook.stop).key("findings").array();
    for (const auto& finding : outlook.findings) {
        writer.object()
            .key("name")
            .value(finding.name)
            .key("level")
            .value(level_name(finding.level));
        writer.key("message").value(finding.message).end();
    }
    writer.end().key("plan");
    if (outlook.plan) {
        writer.raw(plan_json(*outlook.plan));
    } else {
        writer.null();
    }
    writer.key("repair");
    if (outlook.repair) {
        writer.raw(plan_json(*outlook.repair));
    } else {
        writer.null();
    }
    writer.end();
    return scrub(writer.text()) + "\n";
}

}  // namespace

int plan_command(const CommandLine& line, World& world, std::ostream& out, std::ostream& /*err*/) {
    RunContext run(world, plan_limit);
    const auto outlook = look_ahead(run);
    out << (line.json ? as_json(outlook) : as_text(outlook));
    return outlook.code;
}

}  // namespace aadssh
