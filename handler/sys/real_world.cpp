// SPDX-License-Identifier: MIT
#include "handler/sys/real_world.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <string_view>

namespace aadssh {
namespace {

Variables read_environment() {
    Variables variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (const auto equals = text.find('='); equals != text.npos) {
            // The first of two with one name counts, as for getenv(3).
            variables.emplace(text.substr(0, equals), text.substr(equals + 1));
        }
    }
    return variables;
}

std::string own_program() {
    std::array<char, PATH_MAX> path{};
    const ssize_t length = ::readlink("/proc/self/exe", path.data(), path.size());
    return {path.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

std::string machine() {
    utsname system{};
    ::uname(&system);
    return system.machine;
}

}  // namespace

std::string own_folder_of(const std::string& program) {
    const std::string folder = program.substr(0, program.rfind('/'));
    return folder.ends_with("/bin") ? folder.substr(0, folder.size() - 4) : folder;
}

RealWorld::RealWorld()
    : environment_(read_environment()),
      processes_(stop_),
      http_(files_, environment_, stop_),
      clock_(stop_) {
    install_signal_handlers(stop_);
}

World RealWorld::world() {
    return {files_,
            processes_,
            http_,
            clock_,
            environment_,
            own_folder_of(own_program()),
            machine(),
            ::geteuid() == 0};
}

}  // namespace aadssh
