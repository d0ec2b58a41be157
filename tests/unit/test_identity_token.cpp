// SPDX-License-Identifier: MIT
#include "handler/identity.hpp"
#include "tests/unit/tokens.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace aadssh {
namespace {

using Kind = Identity::Kind;

TEST_CASE("identity: the claim tells whose token it is, in any case") {
    struct Example {
        std::string resource;
        Kind kind;
    };
    for (const Example& example :
         {Example{vm, Kind::system_assigned},
          Example{resource_group + "microsoft.compute/VIRTUALMACHINES/vm1", Kind::system_assigned},
          Example{resource_group + "Microsoft.Compute/virtualMachineScaleSets/set1",
                  Kind::system_assigned},
          Example{
              resource_group + "Microsoft.Compute/virtualMachineScaleSets/set1/virtualMachines/3",
              Kind::system_assigned},
          Example{resource_group + "Microsoft.HybridCompute/machines/m1", Kind::system_assigned},
          Example{user_assigned, Kind::user_assigned_only},
          Example{resource_group + "Microsoft.Web/sites/site1", Kind::presumed},
          Example{resource_group + "Microsoft.Compute/disks/virtualMachines", Kind::presumed}}) {
        CAPTURE(example.resource);
        const Identity identity = identity_of_token(token_of(example.resource));
        CHECK(identity.kind == example.kind);
        CHECK(identity.detail == example.resource);
    }
}

TEST_CASE("identity: a token that cannot be read is presumed good") {
    for (const std::string& token : {std::string("opaque"),
                                     std::string("a.b"),
                                     std::string("a.!!!.c"),
                                     std::string(".."),
                                     token_with("{}"),
                                     token_with("no JSON"),
                                     token_with(R"({"xms_mirid":5})"),
                                     token_with("\xFF"),
                                     "a." + std::string(70'000, 'A') + ".c"}) {
        CAPTURE(token.substr(0, 60));
        const Identity identity = identity_of_token(token);
        CHECK(identity.kind == Kind::presumed);
        CHECK(identity.detail == "the token does not say whose identity it is");
    }
}

TEST_CASE("identity: padded and ordinary base64 are understood") {
    for (const std::string payload :
         {R"({"xms_mirid":"/providers/microsoft.compute/virtualmachines/v"})",
          R"({ "xms_mirid":"/providers/microsoft.compute/virtualmachines/v"})",
          R"({"x":"~~~???","xms_mirid":"/providers/microsoft.compute/virtualmachines/v"})"}) {
        std::string encoded = base64url(payload);
        std::replace(encoded.begin(), encoded.end(), '-', '+');
        std::replace(encoded.begin(), encoded.end(), '_', '/');
        CHECK(identity_of_token("a." + encoded + "==.c").kind == Kind::system_assigned);
        CHECK(identity_of_token("a." + encoded).kind == Kind::system_assigned);
    }
}

}  // namespace
}  // namespace aadssh
