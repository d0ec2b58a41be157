// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace aadssh {

/// Length in bytes (1-4) of the UTF-8 character at `at`; 0 when there is none: a stray byte, an
/// overlong form, a surrogate, a cut end (RFC 3629, section 4).
std::size_t utf8_length(std::string_view text, std::size_t at);

/// The text with U+FFFD in place of every byte that belongs to no character.
std::string valid_utf8(std::string_view text);

}  // namespace aadssh
