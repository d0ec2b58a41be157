// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/real_clock.hpp"
#include "handler/sys/real_files.hpp"
#include "handler/sys/real_http.hpp"
#include "handler/sys/real_processes.hpp"
#include "handler/sys/stop_flag.hpp"
#include "handler/sys/world.hpp"

#include <string>

namespace aadssh {

/// The machine we run on. main() makes one, and from then on SIGTERM, SIGINT and SIGHUP only ask us
/// to end; it lives until the program ends.
class RealWorld {
  public:
    RealWorld();
    RealWorld(const RealWorld&) = delete;
    RealWorld& operator=(const RealWorld&) = delete;

    World world();

  private:
    Variables environment_;
    StopFlag stop_;
    RealFiles files_;
    RealProcesses processes_;
    RealHttp http_;
    RealClock clock_;
};

/// The folder that our shipped files lie in: the one above bin/, or the program's own.
std::string own_folder_of(const std::string& program);

}  // namespace aadssh
