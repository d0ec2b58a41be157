// SPDX-License-Identifier: MIT
#include "handler/private_keys.hpp"

#include "handler/scrub_characters.hpp"

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

/// The text that begins at `at` is the first or the last line of a private key (PGP PRIVATE KEY
/// BLOCK in RFC 4880, section 6.2).
bool is_of_key(std::string_view text, std::size_t at, std::string_view mark) {
    return text.substr(at).starts_with(mark) &&
           label_at(text, at + mark.size()).find("PRIVATE KEY") != std::string_view::npos;
}

/// Behind the key's last line; the end of the text where that is missing. A last line that is cut
/// off is none: the dashes behind it are those of another key.
std::size_t key_end(std::string_view text, std::size_t at) {
    std::size_t last = text.find(key_last, at);
    while (last != std::string_view::npos) {
        const std::size_t label = last + key_last.size();
        if (const std::string_view found = label_at(text, label); !found.empty()) {
            return label + found.size() + dashes.size();
        }
        last = text.find(key_last, label);
    }
    return text.size();
}

/// Of a key whose first line is missing, before its last line at `at`: the lines of base64 there,
/// but none before `from`.
std::size_t body_begin(std::string_view text, std::size_t from, std::size_t at) {
    using scrubbing::is_line_break;
    const auto in_body = [](char c) {
        return scrubbing::is_word(c) || c == '+' || c == '/' || c == '=' || is_line_break(c);
    };
    std::size_t begin = at;
    while (begin > from && in_body(text[begin - 1])) {
        --begin;
    }
    if (begin > from) {  // the rest of a line that is no base64
        begin += std::min(text.substr(begin, at - begin).find_first_of("\r\n"), at - begin);
    }
    return scrubbing::skip(text.substr(0, at), begin, is_line_break);
}

}  // namespace

std::string without_private_keys(std::string_view text, std::string_view mask) {
    std::string result;
    std::size_t copied = 0;
    const auto hide = [&](std::size_t begin, std::size_t end) {
        result += text.substr(copied, begin - copied);
        result += mask;
        copied = end;
    };
    for (std::size_t at = text.find(dashes); at != std::string_view::npos;) {
        if (is_of_key(text, at, key_begin)) {
            hide(at, key_end(text, at));
        } else if (is_of_key(text, at, key_last)) {
            hide(body_begin(text, copied, at), key_end(text, at));
        }
        at = text.find(dashes, std::max(at + 1, copied));
    }
    return result += text.substr(copied);
}

}  // namespace aadssh
