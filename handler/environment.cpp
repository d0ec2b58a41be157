// SPDX-License-Identifier: MIT
#include "handler/environment.hpp"

#include "handler/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <tuple>

namespace aadssh {
namespace {

constexpr std::size_t size_limit = 64UL * 1024;
constexpr const char* waagent_default = "/var/lib/waagent";
constexpr std::string_view settings_suffix = ".settings";

std::string variable(const World& world, const char* name) {
    const auto found = world.environment.find(name);
    return found == world.environment.end() ? std::string() : found->second;
}

/// Without slashes at its end; empty when it is not absolute.
std::string absolute(std::string path) {
    if (!path.starts_with('/')) {
        return {};
    }
    while (path.size() > 1 && path.ends_with('/')) {
        path.pop_back();
    }
    return path;
}

std::string parent(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    return slash == 0 ? "/" : path.substr(0, slash);
}

struct Folder {
    const char* key;
    std::string HandlerEnvironment::*member;
};
constexpr std::array<Folder, 3> folders{{{"logFolder", &HandlerEnvironment::log_folder},
                                         {"configFolder", &HandlerEnvironment::config_folder},
                                         {"statusFolder", &HandlerEnvironment::status_folder}}};

/// Fills the folders in; what is wrong with the text, or nothing.
std::string take_folders(const std::string& text, HandlerEnvironment& environment) {
    std::string error;
    const auto json = Json::parse(text, error);
    if (!json) {
        return error;
    }
    if (!json->is_object("/0/handlerEnvironment")) {
        return "it is no array whose first element holds a handlerEnvironment";
    }
    for (const Folder& folder : folders) {
        const std::string path =
            json->string(fmt::format("/0/handlerEnvironment/{}", folder.key)).value_or("");
        environment.*folder.member = absolute(path);
        if ((environment.*folder.member).empty()) {
            return fmt::format("/0/handlerEnvironment/{} is not an absolute path", folder.key);
        }
    }
    return {};
}

/// Run by hand, the program may lie anywhere: what is beside it is then no other extension.
bool is_of_agent(const std::string& folder) {
    const auto name = folder.substr(folder.rfind('/') + 1);
    const auto dash = name.rfind('-');
    return dash != std::string::npos && dash + 1 < name.size() && name[dash + 1] >= '0' &&
           name[dash + 1] <= '9';
}

bool is_number(std::string_view text) {
    return !text.empty() && text.size() <= 10 &&
           std::ranges::all_of(text, [](char c) { return '0' <= c && c <= '9'; });
}

}  // namespace

HandlerEnvironment read_handler_environment(const World& world) {
    HandlerEnvironment environment;
    environment.extension_version = variable(world, "AZURE_GUEST_AGENT_EXTENSION_VERSION");
    environment.handler_folder = absolute(variable(world, "AZURE_GUEST_AGENT_EXTENSION_PATH"));
    environment.waagent_folder = waagent_default;

    const bool told = !environment.handler_folder.empty();
    const std::string folder = told ? environment.handler_folder : absolute(world.own_folder);
    const std::string path = folder + "/HandlerEnvironment.json";
    const FileText file = world.files.read(path, size_limit);
    const bool found = file.state != FileText::State::absent;
    // Without the file, too, the agent's folder is ours: the removal must not take it for
    // another's.
    if (found || is_of_agent(folder)) {
        environment.handler_folder = folder;
    }
    if (is_of_agent(environment.handler_folder)) {
        environment.waagent_folder = parent(environment.handler_folder);
    }

    const std::string wrong = !found      ? "it does not exist"
                              : file.ok() ? take_folders(file.text, environment)
                                          : file.why;
    if (!wrong.empty()) {
        environment.problem = fmt::format("{} cannot be used: {}", path, wrong);
    }
    return environment;
}

std::optional<std::string> sequence_number(const World& world,
                                           const HandlerEnvironment& environment) {
    if (const std::string told = variable(world, "ConfigSequenceNumber"); is_number(told)) {
        return told;
    }
    if (environment.config_folder.empty()) {
        return {};
    }
    // Time, then length and digits: of files of the same second the higher number.
    std::optional<std::tuple<std::int64_t, std::size_t, std::string>> newest;
    for (const std::string& name : world.files.list(environment.config_folder)) {
        if (!name.ends_with(settings_suffix)) {
            continue;
        }
        const std::string number = name.substr(0, name.size() - settings_suffix.size());
        const auto info = world.files.info(environment.config_folder + "/" + name);
        if (is_number(number) && info && info->kind == FileInfo::Kind::regular) {
            newest = std::max(newest, {{info->modified, number.size(), number}});
        }
    }
    if (!newest) {
        return {};
    }
    return std::get<2>(*newest);
}

}  // namespace aadssh
