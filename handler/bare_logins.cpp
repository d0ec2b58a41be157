// SPDX-License-Identifier: MIT
#include "handler/bare_logins.hpp"

#include "handler/secret_names.hpp"

namespace aadssh::scrubbing {
namespace {

constexpr std::size_t none = std::string_view::npos;
constexpr std::size_t port_digits = 5;

/// With the @ of user@domain:password@host.
bool in_user(char c) {
    return is_word(c) || std::string_view("-.~+%!$@").find(c) != none;
}
bool in_host(char c) {
    return is_word(c) || c == '-' || c == '.';
}

/// Behind a host; 0 when there is none. No @ is passed, so that many of them take no longer.
std::size_t host_end(std::string_view text) {
    if (!text.starts_with('[')) {
        return skip(text, 0, in_host);
    }
    const std::size_t end = skip(text, 1, [](char c) { return c != ']' && c != '@'; });
    return peek(text, end) == ']' ? end + 1 : 0;
}

/// ":3128", and then no letter.
bool begins_with_port(std::string_view text) {
    const std::size_t end = skip(text, 1, is_digit);
    return text.starts_with(':') && end > 1 && end <= 1 + port_digits && !is_word(peek(text, end));
}

}  // namespace

void BareLogins::read_user(std::size_t at) {
    user_end_ = skip(text_, at, in_user);
    const Secret* secret =
        peek(text_, user_end_) == ':' ? named_last(text_.substr(at, user_end_ - at)) : nullptr;
    is_secret_ = secret != nullptr && secret->separators.find(':') != none;
}

void BareLogins::read_rest() {
    rest_end_ = user_end_;
    // Not beyond a mask, which has taken the place of what may have ended a login.
    while (rest_end_ < text_.size() && in_authority(text_[rest_end_]) &&
           !text_.substr(rest_end_).starts_with(mask)) {
        ++rest_end_;
    }
    host_sign_ = port_sign_ = 0;
    const std::string_view all = text_.substr(0, rest_end_);
    for (std::size_t sign = all.find('@', user_end_); sign != none;
         sign = all.find('@', sign + 1)) {
        const std::string_view host = all.substr(sign + 1);
        if (const std::size_t end = host_end(host); end > 0) {
            host_sign_ = sign;
            port_sign_ = begins_with_port(host.substr(end)) ? sign : port_sign_;
        }
    }
}

std::size_t BareLogins::at_sign(std::size_t at, bool of_proxy) {
    if (at >= user_end_) {
        read_user(at);
    }
    if (peek(text_, user_end_) != ':' || is_secret_) {
        return none;
    }
    if (user_end_ >= rest_end_) {
        read_rest();
    }
    const std::size_t sign = of_proxy ? host_sign_ : port_sign_;
    return sign > user_end_ + 1 ? sign : none;  // there is a password between
}

}  // namespace aadssh::scrubbing
