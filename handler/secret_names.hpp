// SPDX-License-Identifier: MIT
#pragma once
#include "handler/scrub_characters.hpp"

#include <string_view>

namespace aadssh::scrubbing {

/// Whose values are secrets, what stands between, and what belongs to a value without quotes.
/// Behind a name in quotes, as in JSON, a colon always is such a separator.
struct Secret {
    std::string_view name;
    std::string_view separators = "=:";
    bool (*belongs)(char) = in_value;
};

/// Whose name a text ends with: the name alone, or as the last part of a longer one, as in
/// x_access_token or accessToken. nullptr when there is none.
const Secret* named_last(std::string_view text);

/// Whether a text ends with "proxy", or with a name like https_proxy or httpProxy.
bool names_proxy_last(std::string_view text);

}  // namespace aadssh::scrubbing
