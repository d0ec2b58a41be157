// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "handler/sshd.hpp"

#include <string>
#include <string_view>

namespace aadssh {

/// How the running sshd comes to read its files again.
struct SshdReload {
    enum class Way {
        reload,   ///< by reloading `unit`
        refused,  ///< `unit` runs sshd and cannot be reloaded
        next,     ///< `unit` starts sshd anew for the next connection
        nothing,  ///< no unit runs sshd
    };
    Way way = Way::nothing;
    std::string unit;
};

/// Chooses by the answer of `systemctl show` about the services and sockets of sshd. A service that
/// runs comes first: a socket that started it hands it all later connections (Ubuntu 22.10 and
/// later).
SshdReload choose_sshd_reload(std::string_view text);

/// Has the running sshd read its files again; sessions stay. Never a restart, which could cut them.
/// Notes how that went as "sshd-reload"; does nothing where systemd does not run.
void reload_sshd(RunContext& run);

/// The same if sshd's files say something else than `before`, and sshd accepts them.
void reload_sshd_if_changed(RunContext& run, const SshdAnswer& before);

}  // namespace aadssh
