// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/clock.hpp"
#include "handler/sys/files.hpp"
#include "handler/sys/http.hpp"
#include "handler/sys/processes.hpp"

#include <optional>

namespace aadssh {

/// Everything outside this program. The only way to it; main() builds the real one, tests build
/// fakes.
struct World {
    Files& files;
    Processes& processes;
    Http& http;
    Clock& clock;
    Variables environment;   ///< of this process, read once
    std::string own_folder;  ///< where the shipped files lie (keys/), from /proc/self/exe
    std::string machine;     ///< uname(2)'s: "x86_64"
    bool root = true;        ///< effective user id 0
    /// Of the command under way, set by its RunContext. It stands here because questions to the
    /// machine are asked at many places that need nothing else of that command.
    std::optional<Deadline> deadline{};
};

}  // namespace aadssh
