// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace aadssh {

/// A part of scrub(): the text with `mask` in the place of every armoured private key. One whose
/// last line is missing goes on to the text's end; of one whose first line is missing, because a
/// text was cut, the lines of base64 before the last line are taken.
std::string without_private_keys(std::string_view text, std::string_view mask);

}  // namespace aadssh
