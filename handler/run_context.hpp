// SPDX-License-Identifier: MIT
#pragma once
#include "handler/environment.hpp"
#include "handler/proxy.hpp"
#include "handler/settings.hpp"
#include "handler/state.hpp"
#include "handler/status.hpp"
#include "handler/sys/world.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace aadssh {

/// Everything one command works with; made by run() and passed down.
struct RunContext {
    World& world;
    Deadline& deadline;  ///< the world's
    HandlerEnvironment environment;
    std::optional<std::string> sequence;
    Settings settings;
    ProxySettings proxies;
    StateStore store;
    State state;
    bool cloud_init_awaited = false;
    std::string working_version;  ///< of aadsshlogin, with which the machine passed the checks when
                                  ///< the command began; empty: with none
    /// When putting things in order must have ended, however often it was begun (OwnTime).
    std::optional<std::chrono::steady_clock::time_point> order_by;
    std::vector<Substatus> checks;  ///< what was found so far, in order

    RunContext(World& the_world, Seconds limit)
        : world(the_world),
          deadline(the_world.deadline.emplace(the_world.clock, limit)),
          store(the_world) {}

    /// A later finding under the same name replaces the earlier one.
    void note(Substatus found);
};

}  // namespace aadssh
