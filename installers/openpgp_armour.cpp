// SPDX-License-Identifier: MIT
#include "installers/openpgp_armour.hpp"

#include "installers/text.hpp"

#include <cstdint>
#include <optional>

namespace aadssh {

namespace {

constexpr std::string_view begin_line = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view end_line = "-----END PGP PUBLIC KEY BLOCK-----";
constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Whole groups of four only, padding only at the end.
std::optional<std::string> decode_base64(std::string_view text) {
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    if (text.size() % 4 != 0) {
        return std::nullopt;
    }
    std::string bytes;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t value = i < text.size() - padding ? alphabet.find(text[i]) : 0;
        if (value == std::string_view::npos) {
            return std::nullopt;
        }
        bits = bits << 6U | static_cast<std::uint32_t>(value);
        if (i % 4 == 3) {
            bytes += {static_cast<char>(bits >> 16U & 0xFFU),
                      static_cast<char>(bits >> 8U & 0xFFU),
                      static_cast<char>(bits & 0xFFU)};
        }
    }
    bytes.resize(bytes.size() - padding);
    return bytes;
}

std::string encode_base64(std::string_view bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::string_view group = bytes.substr(i, 3);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            bits = bits << 8U | (j < group.size() ? static_cast<std::uint8_t>(group[j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            text += j <= group.size() ? alphabet[bits >> (18U - 6U * j) & 0x3FU] : '=';
        }
    }
    return text;
}

/// Section 6.1.
std::uint32_t crc24(std::string_view bytes) {
    std::uint32_t crc = 0xB704CEU;
    for (const char byte : bytes) {
        crc ^= static_cast<std::uint32_t>(static_cast<std::uint8_t>(byte)) << 16U;
        for (int i = 0; i < 8; ++i) {
            crc <<= 1U;
            if ((crc & 0x1000000U) != 0) {
                crc ^= 0x1864CFBU;
            }
        }
    }
    return crc & 0xFFFFFFU;
}

std::string checksum_of(std::string_view bytes) {
    const std::uint32_t crc = crc24(bytes);
    return {static_cast<char>(crc >> 16U),
            static_cast<char>(crc >> 8U & 0xFFU),
            static_cast<char>(crc & 0xFFU)};
}

bool checksum_fits(std::string_view bytes, std::string_view checksum) {
    return checksum.empty() || decode_base64(checksum) == checksum_of(bytes);
}

/// The lines between BEGIN and END: headers, an empty line, base64, and perhaps "=" with a
/// checksum.
std::string decode_block(const std::vector<std::string_view>& lines, std::string& binary) {
    const auto body = std::ranges::find(lines, std::string_view());
    if (body == lines.end()) {
        return "its armour lacks the empty line before the key";
    }
    std::string base64;
    std::string_view checksum;
    for (auto line = body + 1; line != lines.end(); ++line) {
        if (!checksum.empty()) {
            return "its armour goes on after the checksum";
        }
        if (line->starts_with('=') && line->size() == 5) {
            checksum = line->substr(1);
        } else {
            base64 += *line;
        }
    }
    const std::optional<std::string> bytes = decode_base64(base64);
    if (!bytes || bytes->empty()) {
        return "its armour is broken";
    }
    if (!checksum_fits(*bytes, checksum)) {
        return "the checksum of its armour is wrong";
    }
    binary += *bytes;
    return {};
}

}  // namespace

std::string remove_armour(std::string_view text, std::string& binary) {
    std::vector<std::string_view> block;
    bool inside = false;
    bool any = false;
    for (const std::string_view raw : lines_of(text)) {
        const std::string_view line = trim(raw);
        if (contains(line, "PRIVATE KEY BLOCK")) {
            return "it holds a secret key";
        }
        if (inside && line == end_line) {
            if (std::string error = decode_block(block, binary); !error.empty()) {
                return error;
            }
            block.clear();
            inside = false;
        } else if (inside) {
            block.push_back(line);
        } else if (line == begin_line) {
            inside = true;
            any = true;
        } else if (!line.empty()) {
            return "it is not an OpenPGP file of public keys";
        }
    }
    if (inside) {
        return "its armour is cut off";
    }
    return any ? "" : "it is not an OpenPGP file of public keys";
}

std::string add_armour(std::string_view binary) {
    constexpr std::size_t width = 64;
    const std::string base64 = encode_base64(binary);
    std::string text = std::string(begin_line) + "\n\n";
    for (std::size_t i = 0; i < base64.size(); i += width) {
        text += base64.substr(i, width) + "\n";
    }
    return text + "=" + encode_base64(checksum_of(binary)) + "\n" + std::string(end_line) + "\n";
}

}  // namespace aadssh
