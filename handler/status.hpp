// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// One check as Azure shows it. `warning` is allowed here and only here.
struct Substatus {
    enum class Level { success, warning, error };
    std::string name;  ///< "identity", "legacy", "proxy", "repository", "package", "pam", "nss",
                       ///< "sshd", "selinux"
    Level level = Level::success;
    int code = 0;
    std::string message;
};

/// The verdict of a command: success or error, never anything else. "warning" is not terminal for
/// the agent and holds up dependent extensions (ga/exthandlers.py wait_for_handler_completion).
struct Report {
    bool success = false;
    int code = 0;
    std::string operation;  ///< "install", "enable", ...
    std::string message;
    std::vector<Substatus> substatus;
};

/// A status file as ga/exthandlers.py parse_ext_status wants it: an array of one, every string a
/// string, compact; messages scrubbed and cut to 1,024 bytes, the whole far below the agent's 128
/// KiB.
std::string status_json(const Report& report, const std::string& utc);

/// In the status folder, made with the first status: blocks to give up when the disk is full.
inline constexpr std::string_view status_reserve = ".aadssh-reserve";

/// Writes <folder>/<sequence>.status, 0600, atomically in the same folder. On a full disk the
/// reserve is given up for it, and made anew from what remains; if even then no block is to be had,
/// this or an earlier number's file is rewritten in place, at last without the checks: an old
/// verdict would be worse. Empty: written; else why not.
std::string write_status(World& world,
                         const std::string& folder,
                         const std::string& sequence,
                         const Report& report);

}  // namespace aadssh
