// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"

#include <span>
#include <string_view>

namespace aadssh {

/// One command of the agent. Adding one is adding a row and a function.
struct AgentCommand {
    std::string_view name;
    std::string_view summary;  ///< for --help: a full sentence
    Seconds limit;  ///< ours: 60 s inside the agent's own (ga/exthandlers.py: 900 s, or 300 s for
                    ///< enable and uninstall)
    bool reads_settings;  ///< false: must work without settings and without a usable
                          ///< HandlerEnvironment.json
    bool takes_lock;
    bool ends_update;  ///< removes the update marker, which only the uninstall right after an
                       ///< update may honour
    bool starts_with_error_status;  ///< so that a killed run has a terminal status
    bool reports_success;           ///< writes a status file on success too
    Report (*function)(RunContext&);
};

std::span<const AgentCommand> agent_commands();

}  // namespace aadssh
