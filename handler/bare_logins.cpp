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

}  // namespace

void BareLogins::read_user(std::size_t at) {
    user_end_ = skip(text_, at, in_user);
    const Secret* secret = named_last(text_.substr(at, user_end_ - at));
    is_secret_ = secret != nullptr && secret->separators.find(':') != none;
}

void BareLogins::read_rest() {
    rest_end_ = skip(text_, user_end_, in_authority);
    const std::string_view rest = text_.substr(user_end_, rest_end_ - user_end_);
    const std::size_t last = rest.rfind('@');
    sign_ = last == none ? user_end_ : user_end_ + last;
    const std::string_view host = rest.substr(last == none ? rest.size() : last + 1);
    const std::size_t host_end = host.starts_with('[')
                                     ? skip(host, 1, [](char c) { return c != ']'; }) + 1
                                     : skip(host, 0, in_host);
    const std::size_t digits = skip(host, host_end + 1, is_digit);
    host_ = host_end > 0;
    port_ = host_ && peek(host, host_end) == ':' && digits > host_end + 1 &&
            digits <= host_end + 1 + port_digits && !is_word(peek(host, digits));
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
    const bool password = sign_ > user_end_ + 1;
    return password && (of_proxy ? host_ : port_) ? sign_ : none;
}

}  // namespace aadssh::scrubbing
