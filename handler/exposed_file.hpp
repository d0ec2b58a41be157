// SPDX-License-Identifier: MIT
#pragma once
#include "handler/failure.hpp"
#include "handler/sys/world.hpp"
#include "installers/package_tool.hpp"

#include <optional>

namespace aadssh {

/// Of the source and the keyring that are there already and that an installation would rely on, one
/// into which others than root may write: they decide what gets installed as root. 61.
std::optional<Failure> exposed_file(const World& world,
                                    const PackageTool& tool,
                                    const InstallInputs& inputs);

}  // namespace aadssh
