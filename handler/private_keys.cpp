// SPDX-License-Identifier: MIT
#include "handler/private_keys.hpp"

#include <algorithm>

namespace aadssh {
namespace {

constexpr std::string_view dashes = "-----";
constexpr std::string_view key_begin = "-----BEGIN ";
constexpr std::string_view key_last = "-----END ";

/// The label that begins at `at`, as in -----BEGIN label----- (RFC 7468, section 2); empty when the
/// dashes behind it are missing.
std::string_view label_at(std::string_view text, std::size_t at) {
    const std::string_view head = text.substr(at, 64);
    const std::string_view label = head.substr(0, head.find('-'));
    const bool whole =
        head.substr(label.size()).starts_with(dashes) &&
        std::ranges::all_of(label, [](char c) { return ('A' <= c && c <= 'Z') || c == ' '; });
    return whole ? label : std::string_view();
}

/// The text that begins at `at` is the first line of a private key (PGP PRIVATE KEY BLOCK in RFC
/// 4880, section 6.2).
bool begins_key(std::string_view text, std::size_t at) {
    return label_at(text, at + key_begin.size()).find("PRIVATE KEY") != std::string_view::npos;
}

/// Behind the key's last line; the end of the text where that is missing. A last line that is cut
/// off is none: the dashes behind it are those of another key.
std::size_t key_end(std::string_view text, std::size_t at) {
    std::size_t last = text.find(key_last, at + key_begin.size());
    while (last != std::string_view::npos) {
        const std::size_t label = last + key_last.size();
        if (const std::string_view found = label_at(text, label); !found.empty()) {
            return label + found.size() + dashes.size();
        }
        last = text.find(key_last, label);
    }
    return text.size();
}

}  // namespace

std::string without_private_keys(std::string_view text, std::string_view mask) {
    std::string result;
    std::size_t copied = 0;
    for (std::size_t at = text.find(key_begin); at != std::string_view::npos;) {
        if (!begins_key(text, at)) {
            at = text.find(key_begin, at + 1);
            continue;
        }
        result += text.substr(copied, at - copied);
        result += mask;
        copied = key_end(text, at);
        at = text.find(key_begin, copied);
    }
    return result += text.substr(copied);
}

}  // namespace aadssh
