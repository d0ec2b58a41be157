// SPDX-License-Identifier: MIT
#include "handler/sshd.hpp"

#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/scrub.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

#include <fnmatch.h>

#include <charconv>

namespace aadssh {
namespace {

constexpr const char* sshd_program = "/usr/sbin/sshd";
constexpr const char* sshd_folder = "/etc/ssh/";
constexpr std::size_t text_limit = 1024UL * 1024;
constexpr Seconds answer_limit{20};

void make_run_sshd(World& world) {
    if (!world.files.info("/run/sshd")) {
        world.files.make_folder("/run/sshd", 0755);
    }
}

std::string words_of_sshd(const CommandResult& result) {
    return one_line(scrub(result.output), 300) + " (" + describe_end(result) + ")";
}

/// A keyword and its arguments: "Include /etc/ssh/*.conf", "Include=/etc/ssh/*.conf"
/// (sshd_config(5)). Arguments in quotation marks may hold blanks; those of files we look for do
/// not.
std::vector<std::string> words_of_option(std::string_view line) {
    std::string plain(line.substr(0, line.find('#')));
    std::ranges::replace(plain, '"', ' ');
    const std::size_t equals = plain.find('=');
    const std::size_t name = plain.find_first_not_of(" \t");
    if (equals != std::string::npos && name < equals &&
        trim(std::string_view(plain).substr(0, equals)).find_first_of(" \t") == std::string::npos) {
        plain[equals] = ' ';
    }
    return words_of(plain);
}

/// Reads sshd_config and what it includes, as sshd does: 16 levels deep (servconf.h,
/// SERVCONF_MAX_DEPTH).
class Search {
  public:
    Search(const World& world, std::string_view option) : world_(world), option_(option) {}

    void file(const std::string& path, int depth) {
        constexpr int deepest = 16;
        constexpr int most_files = 256;
        constexpr std::size_t most_places = 3;
        if (depth > deepest || ++files_ > most_files) {
            return;
        }
        std::size_t number = 0;
        const std::string text = world_.files.read(path, text_limit).text;
        for (const std::string_view line : lines_of(text)) {
            ++number;
            const auto words = words_of_option(line);
            if (words.empty() || places.size() == most_places) {
                continue;
            }
            if (lower(words[0]) == option_) {
                places.push_back(fmt::format("{} line {}", path, number));
            } else if (lower(words[0]) == "include") {
                for (std::size_t i = 1; i < words.size(); ++i) {
                    include(words[i], depth + 1);
                }
            }
        }
    }

    std::vector<std::string> places;

  private:
    /// Wildcards count in the file's name only, as in every distribution's files.
    void include(const std::string& pattern, int depth) {
        const std::string path = pattern.starts_with('/') ? pattern : sshd_folder + pattern;
        const std::string folder = path.substr(0, path.rfind('/'));
        const std::string names = path.substr(folder.size() + 1);
        for (const auto& name : world_.files.list(folder)) {
            if (::fnmatch(names.c_str(), name.c_str(), FNM_PERIOD) == 0) {
                file(fmt::format("{}/{}", folder, name), depth);
            }
        }
    }

    const World& world_;
    std::string_view option_;
    int files_ = 0;
};

}  // namespace

std::vector<std::string> SshdAnswer::values(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [option, value] : options) {
        if (option == name) {
            found.push_back(value);
        }
    }
    return found;
}

SshdAnswer ask_sshd(World& world, RunSshd folder) {
    if (!world.root) {
        return {"sshd's configuration could not be read (needs root).", {}};
    }
    if (folder == RunSshd::make) {
        make_run_sshd(world);
    }
    const auto result = run_logged(
        world,
        {.argv = {sshd_program,
                  "-T",
                  "-C",
                  fmt::format("user={},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22",
                              probe_user)},
         .limit = answer_limit});
    if (!result.ok()) {
        return {fmt::format("sshd's configuration could not be tried: {}.", words_of_sshd(result)),
                {}};
    }
    SshdAnswer answer;
    for (const std::string_view line : lines_of(result.output)) {
        const std::size_t end = line.find(' ');
        if (end != std::string_view::npos) {
            answer.options.emplace_back(lower(line.substr(0, end)), trim(line.substr(end)));
        }
    }
    return answer;
}

std::optional<std::string> sshd_opinion(World& world, RunSshd folder) {
    if (!world.root || folder == RunSshd::leave_absent) {
        return std::nullopt;
    }
    if (!world.files.info(sshd_program)) {
        return std::string();
    }
    make_run_sshd(world);
    const auto result = run_logged(world, {.argv = {sshd_program, "-t"}, .limit = answer_limit});
    if (result.interrupted) {
        throw asked_to_end("sshd looked at its configuration");  // that is no opinion of sshd
    }
    if (!result.started || result.timed_out || result.signal != 0) {
        log_warning(fmt::format("sshd -t did not end by itself: {}", describe_end(result)));
        return std::nullopt;  // nor is that one
    }
    return result.ok() ? std::string() : words_of_sshd(result);
}

std::string sshd_complaint(World& world, RunSshd folder) {
    return sshd_opinion(world, folder).value_or("");
}

/// Before OpenSSH 9.2 there was no -V: then it is the line above the usage.
std::optional<SshdVersion> sshd_version(World& world) {
    constexpr std::string_view name = "OpenSSH_";
    const auto result = run_logged(world, {.argv = {sshd_program, "-V"}, .limit = answer_limit});
    const std::size_t at = result.output.find(name);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const char* const end = result.output.data() + result.output.size();
    SshdVersion version;
    const auto major = std::from_chars(result.output.data() + at + name.size(), end, version.major);
    if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') {
        return std::nullopt;
    }
    const auto minor = std::from_chars(major.ptr + 1, end, version.minor);
    return minor.ec == std::errc() ? std::optional(version) : std::nullopt;
}

std::vector<std::string> places_of_option(const World& world, std::string_view option) {
    Search search(world, option);
    const std::string main_file = std::string(sshd_folder) + "sshd_config";
    // SUSE's newer releases have the distribution's own file there until somebody writes another.
    search.file(world.files.info(main_file) ? main_file : "/usr/etc/ssh/sshd_config", 0);
    return search.places;
}

}  // namespace aadssh
