// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// Whether another version may pass where this outcome refused the newest one.
bool refuses_package(Outcome outcome);

/// Below 0, 0 or above 0, as the first is older, the same or newer. Runs of digits count as
/// numbers, runs of letters as words, all else only separates: what dpkg and rpm agree on
/// (deb-version(7), rpm-version(7)), without epochs, ~ and ^, which aadsshlogin's versions do not
/// have.
int compare_versions(std::string_view left, std::string_view right);

/// The newest whose version, whatever its release is, is not after `limit`, as rpm compares a
/// version without a release; empty when there is none.
std::string newest_up_to(const std::vector<std::string>& published, std::string_view limit);

/// The newest but one; empty when fewer than two different ones are published.
std::string newest_but_one(std::vector<std::string> published);

/// The step for this version: its older_argv, with nothing to fall back on any more.
RunTool with_version(RunTool step, const std::string& version);

}  // namespace aadssh
