// SPDX-License-Identifier: MIT
#include "handler/scrub.hpp"
#include "handler/utf8.hpp"

namespace aadssh {
namespace {

constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Control characters of ASCII and of Latin-1 (U+0080-9F), which terminals obey too.
bool is_control(std::string_view character) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    if (character.size() == 1) {
        return byte(0) < 0x20 || byte(0) == 0x7F;
    }
    return character.size() == 2 && byte(0) == 0xC2 && byte(1) < 0xA0;
}

/// At most `limit` bytes of valid UTF-8.
std::string cut(std::string text, std::size_t limit) {
    if (text.size() <= limit) {
        return text;
    }
    const std::string_view end = limit >= ellipsis.size() ? ellipsis : std::string_view();
    std::size_t keep = limit - end.size();
    while (keep > 0 && utf8_length(text, keep) == 0) {
        --keep;
    }
    text.resize(keep);
    return text += end;
}

}  // namespace

std::string printable(std::string_view text, std::size_t limit) {
    const std::string valid = valid_utf8(text);
    std::string result;
    result.reserve(valid.size());
    for (std::size_t at = 0; at < valid.size();) {
        const std::size_t length = utf8_length(valid, at);
        const std::string_view character = std::string_view(valid).substr(at, length);
        const bool kept = character == "\n" || character == "\t" || !is_control(character);
        result += kept ? character : std::string_view(" ");
        at += length;
    }
    return cut(std::move(result), limit);
}

std::string one_line(std::string_view text, std::size_t limit) {
    std::string result;
    bool gap = false;
    for (const char c : printable(text, std::string::npos)) {
        if (c == '\n' || (gap && (c == ' ' || c == '\t'))) {
            gap = true;
            while (result.ends_with(' ')) {
                result.pop_back();
            }
            continue;
        }
        if (gap && !result.empty()) {
            result += ' ';
        }
        gap = false;
        result += c == '\t' ? ' ' : c;
    }
    return cut(std::move(result), limit);
}

}  // namespace aadssh
