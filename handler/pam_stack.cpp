// SPDX-License-Identifier: MIT
#include "handler/pam_stack.hpp"

#include "installers/pam_profile.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {
namespace {

constexpr std::size_t text_limit = 1024UL * 1024;
constexpr std::size_t most_files = 64;

/// The file a line pulls in: "@include common-auth" (Debian), "auth include system-auth", "auth
/// substack password-auth" (pam.conf(5)).
std::string included(const std::vector<std::string>& words) {
    if (words.size() >= 2 && words[0] == "@include") {
        return words[1];
    }
    if (words.size() >= 3 && (words[1] == "include" || words[1] == "substack")) {
        return words[2];
    }
    return {};
}

bool file_has(const World& world,
              const std::string& name,
              std::string_view module,
              std::set<std::string>& seen) {
    // pam.d(5): the vendor's file counts where the administrator has none of that name.
    std::string path = name.starts_with('/') ? name : "/etc/pam.d/" + name;
    if (!name.starts_with('/') && !world.files.info(path) &&
        world.files.info("/usr/lib/pam.d/" + name)) {
        path = "/usr/lib/pam.d/" + name;
    }
    if (!seen.insert(path).second || seen.size() > most_files) {
        return false;
    }
    const auto all = configured_words(world.files.read(path, text_limit).text);
    return std::ranges::any_of(all, [&](const std::vector<std::string>& words) {
        const auto next = included(words);
        if (!next.empty()) {
            return file_has(world, next, module, seen);
        }
        return std::ranges::any_of(words, [&](const std::string& word) {
            return word == module || word.ends_with(fmt::format("/{}", module));
        });
    });
}

}  // namespace

bool sshd_pam_has(const World& world, std::string_view module, std::set<std::string>& seen) {
    return file_has(world, "sshd", module, seen);
}

std::string local_pam_change(const World& world) {
    if (!world.files.info("/usr/sbin/pam-auth-update")) {
        return {};
    }
    for (const std::string_view type : pam_types) {
        const auto path = fmt::format("/etc/pam.d/common-{}", type);
        const auto record_path = fmt::format("/var/lib/pam/{}", type);
        const auto text = world.files.read(path, text_limit);
        const auto record = world.files.read(record_path, text_limit);
        if (text.state == FileText::State::absent || record.state == FileText::State::absent) {
            return fmt::format("{} is not there",
                               text.state == FileText::State::absent ? path : record_path);
        }
        const auto why = text.ok() && record.ok()
                             ? pam_profile_conflict(type, record.text, text.text)
                             : std::string();
        if (!why.empty()) {
            return fmt::format("in {}, {}", path, why);
        }
    }
    return {};
}

std::string pam_profile_with(const World& world, std::string_view module) {
    const std::string folder = "/usr/share/pam-configs";
    for (const auto& name : world.files.list(folder)) {
        if (contains(world.files.read(fmt::format("{}/{}", folder, name), text_limit).text,
                     module)) {
            return name;
        }
    }
    return {};
}

std::string authselect_profile(const World& world) {
    const auto all =
        configured_words(world.files.read("/etc/authselect/authselect.conf", text_limit).text);
    return all.empty() ? std::string() : all.front().front();
}

}  // namespace aadssh
