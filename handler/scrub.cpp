// SPDX-License-Identifier: MIT
#include "handler/scrub.hpp"

#include "handler/bare_logins.hpp"
#include "handler/private_keys.hpp"
#include "handler/secret_names.hpp"

#include <algorithm>

namespace aadssh {
namespace {

using namespace scrubbing;

bool is_bearer(std::string_view word) {
    return std::ranges::equal(word, std::string_view("bearer"), {}, lower);
}

/// Everything but private keys, in one pass from left to right. Nothing is looked at more often
/// than a fixed number of times, so the time stays linear whatever the text is; std::regex would
/// recurse once for each character.
class Scrubber {
  public:
    explicit Scrubber(std::string_view text) : text_(text), logins_(text) {
        result_.reserve(text.size());
    }

    std::string run() {
        while (at_ < text_.size()) {
            if (!user_info() && !word()) {
                copy(at_ + 1);
            }
        }
        return std::move(result_);
    }

  private:
    char peek(std::size_t index) const { return scrubbing::peek(text_, index); }
    bool follows(std::string_view what) const { return text_.substr(at_).starts_with(what); }

    template <typename Predicate>
    std::size_t skip(std::size_t from, Predicate belongs) const {
        return scrubbing::skip(text_, from, belongs);
    }

    void copy(std::size_t end) {
        result_ += text_.substr(at_, end - at_);
        at_ = end;
    }

    void hide(std::size_t end) {
        if (end == at_) {
            return;
        }
        if (hidden_ != at_) {  // one mask for two secrets without anything between
            result_ += mask;
        }
        hidden_ = at_ = end;
    }

    /// ://user:password@
    bool user_info() {
        constexpr std::string_view mark = "://";
        if (!follows(mark)) {
            return false;
        }
        copy(at_ + mark.size());
        if (const std::size_t sign = at_sign(); sign != std::string_view::npos) {
            hide(sign);
        }
        return true;
    }

    /// The @ that ends the user information of the authority that begins here. People also write
    /// passwords in which / ? # or a quote is not escaped: then what follows the colon is no port.
    std::size_t at_sign() {
        const std::size_t end = authority_end_ = skip(at_, in_authority);
        const std::string_view authority = text_.substr(at_, end - at_);
        if (const std::size_t sign = authority.find_last_of('@'); sign != std::string_view::npos) {
            return at_ + sign;
        }
        const std::size_t colon = authority.find(':');
        if (colon == std::string_view::npos || peek(at_) == '[' ||
            skip(at_ + colon + 1, is_digit) == end) {
            return std::string_view::npos;
        }
        if (end < no_at_sign_before_) {
            return std::string_view::npos;
        }
        // The first no further than a mask, behind which a blank may have been.
        std::size_t last = end;
        while (last < text_.size() && in_text(text_[last]) &&
               !text_.substr(last).starts_with(mask)) {
            ++last;
        }
        if (text_.substr(end, last - end).find('@') == std::string_view::npos) {
            no_at_sign_before_ = last;
            return std::string_view::npos;
        }
        return end + text_.substr(end, skip(end, in_text) - end).find_last_of('@');
    }

    /// A word: of a login or a JWT, the name of a secret, the word Bearer, or one like any other.
    bool word() {
        const std::size_t end = skip(at_, is_word);
        if (end == at_) {
            return false;
        }
        if (bare_login() || web_token()) {
            return true;
        }
        const std::string_view name = text_.substr(at_, end - at_);
        copy(end);
        if (is_bearer(name)) {
            values(bearer());
        } else if (const Secret* secret = named_last(name)) {
            value_of(*secret);
        } else if (names_proxy_last(name)) {
            proxy_at_ = skip(end, [](char c) {
                return is_blank(c) || is_quote(c) || is_backslash(c) || c == '=' || c == ':';
            });
        }
        return true;
    }

    /// user:password@host:3128. What stands in a URL was looked at with its beginning.
    bool bare_login() {
        if (at_ < authority_end_) {
            return false;
        }
        const std::size_t sign = logins_.at_sign(at_, at_ == proxy_at_);
        if (sign == std::string_view::npos) {
            return false;
        }
        hide(sign);
        return true;
    }

    /// Parts of base64url with dots between; the first is a JSON object ({"): it begins with eyJ.
    bool web_token() {
        if (!follows("eyJ") || at_ < no_dot_before_) {
            return false;
        }
        const std::size_t end = skip(at_, in_web_token);
        const bool dotted = text_.substr(at_, end - at_).find('.') != std::string_view::npos;
        if (!dotted) {
            no_dot_before_ = end;
        }
        if (!dotted || end - at_ < 20) {
            return false;
        }
        hide(end);
        return true;
    }

    /// Hides the token behind the word Bearer; whose value follows then, if any.
    const Secret* bearer() {
        const std::size_t start = skip(at_, is_blank);
        const std::size_t end = skip(start, [](char c) { return in_token(c) || c == '='; });
        const std::string_view token = text_.substr(start, end - start);
        const std::size_t equals = token.find('=');
        const bool of_proxy =
            equals != std::string_view::npos && names_proxy_last(token.substr(0, equals));
        // "bearer authentication" is no token, nor is "bearer proxy=joe:secret@proxy.example".
        if (start == at_ || token.size() < 8 || std::ranges::all_of(token, is_letter) || of_proxy) {
            return nullptr;
        }
        copy(start);
        hide(end);
        // "Bearer client_secret: abc"
        if (const Secret* secret = named_last(token)) {
            return separator(*secret) ? secret : nullptr;
        }
        return after(token);
    }

    /// name=value, name: value, "name": "value", and the latter inside a JSON string.
    void value_of(const Secret& secret) {
        if (separator(secret)) {
            values(&secret);
        }
    }

    /// Passes over what stands between a name and its value; false where that is not there.
    bool separator(const Secret& secret) {
        // In https://password:443/ it is a host; hiding what follows would change where the host
        // ends.
        if (at_ < authority_end_) {
            return false;
        }
        const std::size_t slashes = skip(at_, is_backslash);
        const bool quoted = is_quote(peek(slashes));
        const std::size_t at = skip(quoted ? slashes + 1 : at_, is_blank);
        if (!(quoted && peek(at) == ':') &&
            secret.separators.find(peek(at)) == std::string_view::npos) {
            return false;
        }
        copy(at + 1);
        return true;
    }

    /// "password= Authorization: Basic abc": what looks like a value is the beginning of another.
    void values(const Secret* secret) {
        while (secret) {
            copy(skip(at_, is_blank));
            const std::size_t start = at_;
            if (is_quote(peek(skip(start, is_backslash)))) {
                quoted_value();
                return;
            }
            hide(skip(start, secret->belongs));
            const std::string_view value = text_.substr(start, at_ - start);
            secret = is_bearer(value) ? bearer() : after(value);
        }
    }

    /// Whose value follows a text that ends like "password=".
    static const Secret* after(std::string_view text) {
        const std::size_t last = text.find_last_not_of("=:");
        return last == std::string_view::npos || last + 1 == text.size()
                   ? nullptr
                   : named_last(text.substr(0, last + 1));
    }

    /// From its backslashes and its quotation mark on.
    void quoted_value() {
        const std::size_t quote = skip(at_, is_backslash);
        const bool escaped = quote > at_;
        copy(quote + 1);
        const auto inside = [mark = peek(quote), escaped](char c) {
            return c != mark && in_line(c) && !(escaped && is_backslash(c));
        };
        hide(escaped ? skip(at_, inside) : quoted_end(peek(quote)));
    }

    /// The closing quote, the end of the line where it is missing.
    std::size_t quoted_end(char quote) const {
        std::size_t end = at_;
        while (end < text_.size() && text_[end] != quote && in_line(text_[end])) {
            end += is_backslash(text_[end]) && in_line(peek(end + 1)) ? 2U : 1U;
        }
        return std::min(end, text_.size());
    }

    std::string_view text_;
    BareLogins logins_;
    std::size_t at_ = 0;
    std::size_t hidden_ = std::string_view::npos;    ///< where the last secret ended
    std::size_t proxy_at_ = std::string_view::npos;  ///< where the value of proxy=... begins
    std::size_t authority_end_ = 0;                  ///< of the last URL
    std::size_t no_at_sign_before_ = 0;              ///< as far as a URL was searched for @ in vain
    std::size_t no_dot_before_ = 0;  ///< as far as a JWT was searched for a dot in vain
    std::string result_;
};

}  // namespace

std::string scrub(std::string_view text) {
    // Keys first: they span lines, which would cut the values that they stand in.
    const std::string keyless = without_private_keys(text, mask);
    return Scrubber(keyless).run();
}

}  // namespace aadssh
