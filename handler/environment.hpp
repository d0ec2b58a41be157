// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <optional>
#include <string>

namespace aadssh {

/// What the agent tells us: HandlerEnvironment.json in the handler's folder (WALinuxAgent
/// ga/exthandlers.py, create_handler_env) and variables (ExtCommandEnvVariable there).
struct HandlerEnvironment {
    /// AZURE_GUEST_AGENT_EXTENSION_PATH, else the program's own folder, if HandlerEnvironment.json
    /// is there or the agent has made it; else empty.
    std::string handler_folder;
    std::string log_folder;
    std::string config_folder;
    std::string status_folder;
    std::string extension_version;  ///< AZURE_GUEST_AGENT_EXTENSION_VERSION; empty when run by hand
    std::string waagent_folder;  ///< parent of handler_folder; /var/lib/waagent where that is not
                                 ///< <publisher>.<type>-<version>
    std::string problem;  ///< why HandlerEnvironment.json could not be used; empty when all is well

    bool usable() const { return problem.empty(); }
};

/// Never throws: an unusable file leaves `problem`, so that disable and uninstall can go on without
/// it. At most 64 KiB are read. Every folder must be an absolute path.
HandlerEnvironment read_handler_environment(const World& world);

/// The sequence number of this command: ConfigSequenceNumber, else the number of the settings file
/// modified last (the agent's own rule, ga/exthandlers.py
/// _get_last_modified_seq_no_from_config_files), else nothing. Digits only.
std::optional<std::string> sequence_number(const World& world,
                                           const HandlerEnvironment& environment);

}  // namespace aadssh
