// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace aadssh {

/// Appends what one or several armoured blocks of public keys hold (RFC 4880, section 6) to
/// `binary`. Returns why it could not, as a phrase; empty when the text held nothing but whole
/// blocks with right checksums.
std::string remove_armour(std::string_view text, std::string& binary);

/// One armoured block with a checksum, which rpm before 4.17 insists on.
std::string add_armour(std::string_view binary);

}  // namespace aadssh
