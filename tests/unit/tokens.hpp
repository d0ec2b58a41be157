// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace aadssh {

// Access tokens as IMDS gives them, for identities of these resources.

inline const std::string resource_group =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/rg/providers/";
inline const std::string vm = resource_group + "Microsoft.Compute/virtualMachines/vm1";
inline const std::string user_assigned =
    resource_group + "Microsoft.ManagedIdentity/userAssignedIdentities/id1";

inline std::string base64url(std::string_view text) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string result;
    unsigned bits = 0;
    unsigned count = 0;
    for (const char c : text) {
        bits = (bits << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
        for (count += 8; count >= 6; count -= 6) {
            result += alphabet[bits >> (count - 6) & 0x3FU];
        }
    }
    return count == 0 ? result : result + alphabet[bits << (6 - count) & 0x3FU];
}

inline std::string token_with(const std::string& payload) {
    return base64url(R"({"alg":"RS256","typ":"JWT"})") + "." + base64url(payload) + ".c2lnbmF0dXJl";
}

inline std::string token_of(const std::string& resource) {
    return token_with(R"({"aud":"https://management.azure.com/","xms_mirid":")" + resource +
                      R"("})");
}

}  // namespace aadssh
