// SPDX-License-Identifier: MIT
#pragma once
#include <string_view>

// What secrets, and the texts around them, are made of. In a namespace of their own, because other
// readers mean something else by a blank or a word.
namespace aadssh::scrubbing {

/// What is shown instead of a secret.
inline constexpr std::string_view mask = "***";

inline bool is_digit(char c) {
    return '0' <= c && c <= '9';
}
inline bool is_upper(char c) {
    return 'A' <= c && c <= 'Z';
}
inline bool is_letter(char c) {
    return ('a' <= c && c <= 'z') || is_upper(c);
}
inline bool is_word(char c) {
    return is_letter(c) || is_digit(c) || c == '_';
}
inline bool is_blank(char c) {
    return c == ' ' || c == '\t';
}
inline bool is_quote(char c) {
    return c == '"' || c == '\'';
}
inline bool is_backslash(char c) {
    return c == '\\';
}
inline bool is_line_break(char c) {
    return c == '\n' || c == '\r';
}
/// token68 (RFC 7235, section 2.1) without its padding.
inline bool in_token(char c) {
    return is_word(c) || std::string_view("-._~+/").find(c) != std::string_view::npos;
}
/// Characters of a JWT, the dots between its parts included (RFC 7515, section 3.1).
inline bool in_web_token(char c) {
    return is_word(c) || c == '-' || c == '.';
}
inline bool in_line(char c) {
    return !is_line_break(c);
}
inline bool in_text(char c) {
    return in_line(c) && !is_blank(c);
}
inline bool in_authority(char c) {
    return in_text(c) && !is_quote(c) && !is_backslash(c) && c != '/' && c != '?' && c != '#';
}
inline bool in_value(char c) {
    return in_text(c) && !is_quote(c) && c != '&' && c != ',' && c != ';';
}

inline char lower(char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Behind the characters from `from` on that belong.
template <typename Predicate>
std::size_t skip(std::string_view text, std::size_t from, Predicate belongs) {
    while (from < text.size() && belongs(text[from])) {
        ++from;
    }
    return from;
}

/// NUL where the text has ended.
inline char peek(std::string_view text, std::size_t index) {
    return index < text.size() ? text[index] : '\0';
}

}  // namespace aadssh::scrubbing
