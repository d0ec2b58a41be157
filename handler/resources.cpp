// SPDX-License-Identifier: MIT
#include "handler/resources.hpp"

#include "handler/packages.hpp"
#include "handler/scrub.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <iterator>

namespace aadssh {
namespace {

constexpr std::uint64_t mebibyte = 1024UL * 1024;

/// Below this dnf and zypper, which hold the distribution's whole index in memory, get killed on
/// small VMs (hashicorp/vagrant#11277).
constexpr std::uint64_t little_memory = 300 * mebibyte;

/// What our own record and the package's configuration files take, with any tool.
constexpr SpaceNeed common_needs[] = {
    {"/etc", 1},
    {"/usr", 12},
    {"/var/lib/aadsshlogin-handler", 2},
};

/// 128 + SIGKILL, as a shell or a wrapper passes it on.
constexpr int killed_code = 137;

/// Of tools that outlived the child that was killed: apt-pkg/deb/dpkgpm.cc, dpkg's
/// lib/dpkg/subproc.c, errno's ENOMEM and Python's exception.
constexpr std::string_view killing[] = {
    "/dpkg received signal 9.",
    "subprocess was killed by signal (Killed)",
    "Cannot allocate memory",
    "MemoryError",
};

struct Memory {
    std::uint64_t available = 0;
    std::uint64_t swap = 0;
};

/// A line of /proc/meminfo (proc(5)): "MemAvailable:    1234 kB".
std::optional<std::uint64_t> bytes_of(std::string_view text, std::string_view key) {
    for (const std::string_view line : lines_of(text)) {
        if (!line.starts_with(key)) {
            continue;
        }
        const auto number = trim(line.substr(key.size()));
        std::uint64_t kibibytes = 0;
        const auto [end, error] =
            std::from_chars(number.data(), number.data() + number.size(), kibibytes);
        return error == std::errc() ? std::optional(kibibytes * 1024) : std::nullopt;
    }
    return std::nullopt;
}

std::optional<Memory> free_memory(const World& world) {
    const auto text = world.files.read("/proc/meminfo", 64UL * 1024).text;
    const auto available = bytes_of(text, "MemAvailable:");
    return available ? std::optional(Memory{*available, bytes_of(text, "SwapFree:").value_or(0)})
                     : std::nullopt;
}

/// What is needed of one file system, whichever paths lie on it.
struct FileSystem {
    std::uint64_t device = 0;
    std::vector<std::string_view> paths;
    std::uint64_t needed = 0;
    std::uint64_t free = 0;
};

/// Of a path that need not exist yet; as free_space() asks the nearest folder that does.
std::optional<std::uint64_t> device_of(const World& world, std::string path) {
    for (;;) {
        if (const auto info = world.files.info(path)) {
            return info->device;
        }
        const auto slash = path.rfind('/');
        if (path == "/" || slash == std::string::npos) {
            return std::nullopt;
        }
        path = slash == 0 ? "/" : path.substr(0, slash);
    }
}

void add_need(const World& world, const SpaceNeed& need, std::vector<FileSystem>& systems) {
    const std::string path(need.path);
    const auto device = device_of(world, path);
    const auto free = world.files.free_space(path);
    if (!device || !free) {
        return;
    }
    auto system = std::ranges::find(systems, *device, &FileSystem::device);
    if (system == systems.end()) {
        systems.push_back({*device, {}, 0, *free});
        system = std::prev(systems.end());
    }
    system->paths.push_back(need.path);
    system->needed += need.mebibytes * mebibyte;
}

std::string mebibytes(std::uint64_t bytes) {
    return fmt::format("{} MiB", bytes / mebibyte);
}

}  // namespace

std::string room_remedy(const std::string& shows_free) {
    return fmt::format(
        "make room ({} shows what is free, with -i the inodes; journalctl --vacuum-size=50M and "
        "the package manager's clean command free some) or enlarge the disk, then run the "
        "extension again",
        shows_free);
}

std::optional<Failure> disk_shortage(const World& world, const PackageTool& tool) {
    std::vector<FileSystem> systems;
    for (const auto& need : common_needs) {
        add_need(world, need, systems);
    }
    for (const auto& need : tool.space) {
        add_need(world, need, systems);
    }
    std::erase_if(systems, [](const FileSystem& system) { return system.free >= system.needed; });
    if (systems.empty()) {
        return std::nullopt;
    }
    std::vector<std::string> lacking;
    std::vector<std::string_view> places;
    for (const auto& system : systems) {
        lacking.push_back(fmt::format("the file system of {} has {} free and {} are needed",
                                      fmt::join(system.paths, ", "),
                                      mebibytes(system.free),
                                      mebibytes(system.needed)));
        places.push_back(system.paths.front());
    }
    return Failure(ExitCode::missing_dependency,
                   Phase::preflight,
                   "there is not enough free disk space to install aadsshlogin, so nothing was "
                   "changed",
                   fmt::format("{}", fmt::join(lacking, "; ")),
                   room_remedy(fmt::format("df -h {}", fmt::join(places, " "))));
}

Substatus kept_for_lack_of_room(const Failure& shortage) {
    return {"repository",
            Substatus::Level::warning,
            static_cast<int>(shortage.code),
            "aadsshlogin stays as it is and is not upgraded: " + shortage.message()};
}

void note_memory(RunContext& run) {
    const auto memory = free_memory(run.world);
    if (!memory || memory->available + memory->swap >= little_memory) {
        return;
    }
    run.note({"memory",
              Substatus::Level::warning,
              0,
              fmt::format("Only {}, less than the {} with which a package manager works safely: "
                          "the kernel may kill it. If the installation fails, use a larger VM size "
                          "or add swap.",
                          memory_in_words(run.world),
                          mebibytes(little_memory))});
}

std::string memory_in_words(const World& world) {
    const auto memory = free_memory(world);
    return memory ? fmt::format("{} of memory and {} of swap are free",
                                mebibytes(memory->available),
                                mebibytes(memory->swap))
                  : std::string();
}

bool killed_for_memory(const CommandResult& end) {
    if (!end.started || end.timed_out || end.interrupted) {
        return false;
    }
    const bool failed = end.code != 0 || end.signal != 0;
    return end.signal == SIGKILL || end.code == killed_code ||
           (failed && std::ranges::any_of(killing, [&](std::string_view words) {
                return contains(end.output, words);
            }));
}

std::string killing_words(const CommandResult& end) {
    for (const std::string_view line : lines_of(end.output)) {
        if (std::ranges::any_of(killing,
                                [&](std::string_view words) { return contains(line, words); })) {
            return fmt::format("{}: {}", describe_end(end), one_line(scrub(line), 300));
        }
    }
    return describe_end(end);
}

}  // namespace aadssh
