// SPDX-License-Identifier: MIT
#include "handler/identity.hpp"
#include "handler/json.hpp"
#include "handler/scrub.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace aadssh {
namespace {

using Kind = Identity::Kind;

/// Base64url without padding (RFC 4648, section 5); the other alphabet and padding are understood
/// too.
std::optional<std::string> base64url(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    while (text.ends_with('=')) {
        text.remove_suffix(1);
    }
    std::string result;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c == '+' ? '-' : c == '/' ? '_' : c);
        if (value == std::string_view::npos) {
            return {};
        }
        bits = (bits << 6U | static_cast<unsigned>(value)) & 0xFFFFU;
        count += 6;
        if (count < 8) {
            continue;
        }
        count -= 8;
        result += static_cast<char>(
            static_cast<unsigned char>(bits >> static_cast<unsigned>(count) & 0xFFU));
    }
    return result;
}

/// The claim xms_mirid of a token's payload; empty when there is none.
std::string resource_claim(const std::string& access_token) {
    const std::size_t first = access_token.find('.');
    if (first == std::string::npos || access_token.size() > 64UL * 1024) {
        return {};
    }
    const std::size_t second = access_token.find('.', first + 1);
    const auto payload =
        base64url(std::string_view(access_token).substr(first + 1, second - first - 1));
    std::string error;
    const auto json = payload ? Json::parse(*payload, error) : std::nullopt;
    return json ? json->string("/xms_mirid").value_or("") : "";
}

struct ResourceType {
    std::string_view part;  ///< in lower case
    Kind kind;
};
constexpr std::array<ResourceType, 4> resource_types{
    {{"/providers/microsoft.compute/virtualmachines/", Kind::system_assigned},
     {"/providers/microsoft.compute/virtualmachinescalesets/", Kind::system_assigned},
     {"/providers/microsoft.hybridcompute/machines/", Kind::system_assigned},
     {"/providers/microsoft.managedidentity/userassignedidentities/", Kind::user_assigned_only}}};

}  // namespace

Identity identity_of_token(const std::string& access_token) {
    const std::string claim = resource_claim(access_token);
    if (claim.empty()) {
        return {Kind::presumed, "the token does not say whose identity it is", {}};
    }
    // An ARM id is case-insensitive; "resourcegroups" and "resourceGroups" both occur.
    std::string lower = claim;
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    const std::string shown = one_line(scrub(claim), 300);
    for (const ResourceType& type : resource_types) {
        if (lower.find(type.part) != std::string::npos) {
            return {type.kind, shown, {}};
        }
    }
    return {Kind::presumed, shown, {}};
}

}  // namespace aadssh
