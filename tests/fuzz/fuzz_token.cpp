// SPDX-License-Identifier: MIT
// Access tokens: each input as a token and as the payload of one.
#include "handler/identity.hpp"
#include "handler/json.hpp"
#include "handler/scrub.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/tokens.hpp"

namespace aadssh {

void try_input(std::string_view input) {
    must_be_showable(identity_of_token(std::string(input)).detail, 300);

    const Identity identity = identity_of_token(token_with(std::string(input)));
    must_be_showable(identity.detail, 300);
    std::string error;
    const auto payload = Json::parse(input, error);
    const std::string claim = payload ? payload->string("/xms_mirid").value_or("") : "";
    if (claim.empty()) {
        must(identity.kind == Identity::Kind::presumed, "a token without the claim proves nothing");
    } else {
        must(identity.detail == one_line(scrub(claim), 300), "the claim is what was written");
    }
}

}  // namespace aadssh
