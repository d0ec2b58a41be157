// SPDX-License-Identifier: MIT
#include "installers/openpgp.hpp"

#include "installers/openpgp_armour.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace aadssh {

namespace {

constexpr std::size_t largest_file = 256UL << 10U;
constexpr std::size_t most_keys = 32;

/// RFC 4880, section 4.3.
enum Tag {
    signature = 2,
    secret_key = 5,
    public_key = 6,
    secret_subkey = 7,
    trust = 12,
    user_id = 13,
    public_subkey = 14,
    user_attribute = 17
};
constexpr int tags_after_key[] = {signature, trust, user_id, public_subkey, user_attribute};

struct Packet {
    int tag = 0;
    std::string_view body;
    std::size_t size = 0;  ///< header and body
};

std::uint8_t byte_at(std::string_view data, std::size_t index) {
    return static_cast<std::uint8_t>(data[index]);
}

/// Big-endian number of `count` bytes; nothing when the data ends before.
std::optional<std::size_t> number_at(std::string_view data, std::size_t start, std::size_t count) {
    if (start > data.size() || data.size() - start < count) {
        return std::nullopt;
    }
    std::size_t number = 0;
    for (std::size_t i = start; i < start + count; ++i) {
        number = number << 8U | byte_at(data, i);
    }
    return number;
}

struct Length {
    std::size_t header = 0;  ///< bytes before the body
    std::size_t body = 0;
};

/// Section 4.2.1; lengths of unknown size ("indeterminate", 3) are only for data, not for keys.
std::optional<Length> old_length(std::string_view data, unsigned type) {
    const std::size_t count = std::size_t{1} << type;
    const std::optional<std::size_t> body = type == 3 ? std::nullopt : number_at(data, 1, count);
    return body ? std::optional(Length{1 + count, *body}) : std::nullopt;
}

/// Section 4.2.2; partial lengths (224 to 254) are only for data, not for keys.
std::optional<Length> new_length(std::string_view data) {
    const std::optional<std::size_t> first = number_at(data, 1, 1);
    if (!first || (*first >= 224 && *first < 255)) {
        return std::nullopt;
    }
    if (*first < 192) {
        return Length{2, *first};
    }
    if (*first == 255) {
        const std::optional<std::size_t> body = number_at(data, 2, 4);
        return body ? std::optional(Length{6, *body}) : std::nullopt;
    }
    const std::optional<std::size_t> second = number_at(data, 2, 1);
    return second ? std::optional(Length{3, ((*first - 192) << 8U) + *second + 192}) : std::nullopt;
}

std::optional<Packet> packet_at_start(std::string_view data) {
    const unsigned head = byte_at(data, 0);
    if ((head & 0x80U) == 0) {
        return std::nullopt;
    }
    const bool modern = (head & 0x40U) != 0;
    const std::optional<Length> length = modern ? new_length(data) : old_length(data, head & 3U);
    if (!length || data.size() - length->header < length->body) {
        return std::nullopt;
    }
    return Packet{.tag = static_cast<int>(modern ? head & 0x3FU : (head >> 2U) & 0x0FU),
                  .body = data.substr(length->header, length->body),
                  .size = length->header + length->body};
}

/// Section 12.2: SHA-1 of 0x99, the length in two bytes and the body.
Fingerprint fingerprint_of(std::string_view body) {
    std::string hashed = {
        '\x99', static_cast<char>(body.size() >> 8U), static_cast<char>(body.size() & 0xFFU)};
    hashed += body;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(hashed.data(), hashed.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
        return {};
    }
    Fingerprint text;
    for (unsigned i = 0; i < size; ++i) {
        text += fmt::format("{:02X}", digest[i]);
    }
    return text;
}

/// Why the packet is refused; empty when it is not.
std::string take_packet(const Packet& packet, std::vector<Fingerprint>& primary) {
    if (packet.tag == secret_key || packet.tag == secret_subkey) {
        return "it holds a secret key";
    }
    if (packet.tag != public_key) {
        const bool known =
            std::ranges::find(tags_after_key, packet.tag) != std::end(tags_after_key);
        return known && !primary.empty()
                   ? ""
                   : fmt::format("an OpenPGP packet of type {} does not belong there", packet.tag);
    }
    if (packet.body.empty() || packet.body.front() != 4 || packet.body.size() > 0xFFFF) {
        return "it holds a key that is not of version 4";
    }
    if (primary.size() == most_keys) {
        return fmt::format("it holds more than {} keys", most_keys);
    }
    primary.push_back(fingerprint_of(packet.body));
    return primary.back().empty() ? "SHA-1, of which fingerprints are made, is not available" : "";
}

std::string read_packets(std::string_view data, KeyFile& file) {
    std::vector<Fingerprint>& primary = file.primary;
    while (!data.empty()) {
        const std::optional<Packet> packet = packet_at_start(data);
        if (!packet) {
            return "it is cut off or not an OpenPGP file";
        }
        if (std::string error = take_packet(*packet, primary); !error.empty()) {
            return error;
        }
        if (packet->tag == public_key) {
            file.keys.emplace_back();
        }
        file.keys.back() += data.substr(0, packet->size);
        data.remove_prefix(packet->size);
    }
    return primary.empty() ? "it holds no key" : "";
}

}  // namespace

KeyFile read_key_file(std::string_view text) {
    KeyFile file;
    if (text.size() > largest_file) {
        file.error = fmt::format("it is larger than {} KiB", largest_file / 1024);
        return file;
    }
    if (!text.empty() && (byte_at(text, 0) & 0x80U) != 0) {
        file.binary = text;
    } else {
        file.error = remove_armour(text, file.binary);
    }
    if (file.error.empty()) {
        file.error = read_packets(file.binary, file);
    }
    if (!file.error.empty()) {
        file.binary.clear();
        file.primary.clear();
        file.keys.clear();
    }
    return file;
}

const std::array<PinnedKey, 2> pinned_keys = {{
    {"microsoft.asc",
     "BC528686B50D79E339D3721CEB3E94ADBE1229CF",
     "repositories made before May 2025: Ubuntu up to 25.04, Debian up to 12"},
    {"microsoft-2025.asc",
     "AA86F75E427A19DD33346403EE4D7792F748182B",
     "repositories made after April 2025: Ubuntu from 25.10 on, Debian from 13 on"},
}};

}  // namespace aadssh
