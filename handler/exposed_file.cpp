// SPDX-License-Identifier: MIT
#include "handler/exposed_file.hpp"

#include "installers/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace aadssh {
namespace {

constexpr std::size_t size_limit = 1024UL * 1024;

/// The files that a source names as its keys: signed-by of sources.list(5), gpgkey of dnf.conf(5).
std::vector<std::string> key_files(std::string signed_by) {
    constexpr std::string_view scheme = "file://";
    std::ranges::replace(signed_by, ',', ' ');
    std::vector<std::string> files;
    for (const auto& word : words_of(signed_by)) {
        const auto path = word.substr(word.starts_with(scheme) ? scheme.size() : 0);
        if (path.starts_with('/')) {
            files.push_back(path);
        }
    }
    return files;
}

std::vector<std::string> relied_on(const PackageTool& tool, const InstallInputs& inputs) {
    std::vector<std::string> files;
    if (inputs.existing_source) {
        files = key_files(inputs.existing_source->signed_by);
    }
    const bool imports = tool.imports_keys && !inputs.keys_trusted;
    if (inputs.keyring_in_place && (files.empty() || imports)) {
        files.push_back(inputs.keyring);
    }
    if (inputs.existing_source) {
        files.push_back(inputs.existing_source->file);
    } else if (inputs.source_in_place) {
        files.push_back(inputs.source_file);
    }
    return files;
}

}  // namespace

std::optional<Failure> exposed_file(const World& world,
                                    const PackageTool& tool,
                                    const InstallInputs& inputs) {
    for (const auto& path : relied_on(tool, inputs)) {
        const auto file = world.files.read(path, size_limit);
        // Root's own group has nobody else in it.
        const bool by_group = (file.mode & 0020U) != 0 && file.group != 0;
        if (file.owner == 0 && (file.mode & 0002U) == 0 && !by_group) {
            continue;
        }
        return Failure(
            ExitCode::signature_refused,
            Phase::repository,
            fmt::format("{} is not relied on, because others than root may write into it", path),
            fmt::format(
                "its mode is {:04o} and it belongs to user id {}; it decides whose packages "
                "are installed as root",
                file.mode,
                file.owner),
            fmt::format("see that it holds what it should; on the VM, as root, run: "
                        "chown root:root {0} && chmod go-w {0}; then run the extension again",
                        path));
    }
    return std::nullopt;
}

}  // namespace aadssh
