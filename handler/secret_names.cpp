// SPDX-License-Identifier: MIT
#include "handler/secret_names.hpp"

#include <algorithm>

namespace aadssh::scrubbing {
namespace {

constexpr Secret secrets[] = {
    {"token"},
    {"secret"},
    {"client_assertion"},
    {"password"},
    {"passwd", "="},  // "passwd: files" is a line of nsswitch.conf
    {"passphrase"},
    {"pwd"},
    {"accountkey"},
    {"sharedaccesskey"},
    {"sig", "="},
    {"authorization", "=:", in_line},
};

/// Whether a part of a name begins at `at`: the whole name, _ before it, or a capital letter that
/// is not in the middle of others, as in accessToken and HTTPToken.
bool begins_part(std::string_view word, std::size_t at) {
    return at == 0 || word[at - 1] == '_' ||
           (is_upper(word[at]) && !(is_upper(word[at - 1]) && is_upper(peek(word, at + 1))));
}

bool ends_with_name(std::string_view word, std::string_view name) {
    if (word.size() < name.size()) {
        return false;
    }
    const std::size_t before = word.size() - name.size();
    return begins_part(word, before) && std::ranges::equal(word.substr(before), name, {}, lower);
}

std::string_view last_word(std::string_view text) {
    std::size_t begin = text.size();
    while (begin > 0 && is_word(text[begin - 1])) {
        --begin;
    }
    return text.substr(begin);
}

}  // namespace

const Secret* named_last(std::string_view text) {
    const std::string_view word = last_word(text);
    const auto* secret = std::ranges::find_if(
        secrets, [&](const Secret& s) { return ends_with_name(word, s.name); });
    return secret == std::end(secrets) ? nullptr : secret;
}

bool names_proxy_last(std::string_view text) {
    return ends_with_name(last_word(text), "proxy");
}

}  // namespace aadssh::scrubbing
