// SPDX-License-Identifier: MIT
#pragma once
#include "installers/plan.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// A file of OpenPGP public keys (RFC 4880, transferable public keys, version 4), binary or
/// armoured.
struct KeyFile {
    std::string binary;  ///< dearmoured packets, fit for apt's .gpg keyrings; empty on failure
    std::vector<Fingerprint> primary;  ///< in the file's order
    std::vector<std::string> keys;     ///< the packets of each of them
    std::string error;                 ///< phrase; empty when the file was read to its end
};

/// Reads at most 256 KiB and 32 primary keys. Secret keys, version 3 keys, partial lengths,
/// trailing bytes and broken armour are errors: a keyring is trusted whole or not at all.
KeyFile read_key_file(std::string_view text);

struct PinnedKey {
    std::string_view file;  ///< in the extension's keys/ folder
    std::string_view fingerprint;
    std::string_view signs;
};
/// Microsoft's two package-signing keys (github.com/microsoft/linux-package-repositories, README).
extern const std::array<PinnedKey, 2> pinned_keys;

}  // namespace aadssh
