// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace aadssh {

/// A part of scrub(): the text with `mask` in the place of every armoured private key. One whose
/// last line is missing goes on to the text's end.
std::string without_private_keys(std::string_view text, std::string_view mask);

}  // namespace aadssh
