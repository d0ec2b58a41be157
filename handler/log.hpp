// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// handler.log: 5 files of 1 MiB, 0640, every line scrubbed, UTC time stamps. The only user of
/// spdlog. Before open_log() lines are kept (the last 1,000) and written, with their time, once it
/// is known where to. A folder that cannot be written is no error: the program goes on and
/// open_log() says why in a phrase. None of these functions throws.
std::string open_log(const std::string& folder);
void close_log();

/// One line each; line breaks become spaces.
void log_info(std::string_view text);
void log_warning(std::string_view text);
void log_error(std::string_view text);

/// What a program printed: line by line, indented, at most 16 KiB; where it is more, the middle is
/// left out.
void log_output(std::string_view text);

/// "" until open_log() succeeded.
std::string log_path();

/// The last 1,000 lines, without time stamps, for unit tests and for `--verbose`.
std::vector<std::string> kept_log_lines();

}  // namespace aadssh
