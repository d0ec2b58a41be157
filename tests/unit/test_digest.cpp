// SPDX-License-Identifier: MIT
#include "handler/digest.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

TEST_CASE("SHA-256 of the examples of FIPS 180-2 and of bytes that are no text") {
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex(std::string_view("\0\xff", 2)) ==
          "06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8");
}
