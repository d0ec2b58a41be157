// SPDX-License-Identifier: MIT
#include "installers/openpgp.hpp"
#include "installers/openpgp_armour.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

using namespace aadssh;

namespace {

std::string shipped(std::string_view name) {
    std::ifstream file(AADSSH_SOURCE_DIR "/manifest/keys/" + std::string(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void refuses(const std::string& text, const std::string& why) {
    const KeyFile file = read_key_file(text);
    CAPTURE(file.error);
    CHECK(file.error.find(why) != std::string::npos);
    CHECK(file.binary.empty());
    CHECK(file.primary.empty());
}

}  // namespace

TEST_CASE("the keys shipped with the extension are Microsoft's two") {
    for (const PinnedKey& key : pinned_keys) {
        CAPTURE(key.file);
        const KeyFile file = read_key_file(shipped(key.file));
        CHECK(file.error.empty());
        CHECK(file.primary == std::vector<Fingerprint>{Fingerprint(key.fingerprint)});
        CHECK(!key.signs.empty());
    }
}

TEST_CASE("key files of gpg, armoured and binary") {
    const KeyFile two = read_key_file(test_data("keys/two.asc"));
    CHECK(two.error.empty());
    const std::vector<Fingerprint> fingerprints = {
        "EEEB41BD5C25AA795FCCA1CEED53515E43CF38C3",
        "2474B06F08BC6A4A1959D09CF53B5236D236FDB4",
    };
    CHECK(two.primary == fingerprints);
    CHECK(two.binary == test_data("keys/two.gpg"));

    const KeyFile binary = read_key_file(test_data("keys/two.gpg"));
    CHECK(binary.error.empty());
    CHECK(binary.primary == fingerprints);
    CHECK(binary.binary == test_data("keys/two.gpg"));

    // What we write into a keyring: files one after the other.
    const KeyFile joined =
        read_key_file(two.binary + read_key_file(shipped("microsoft.asc")).binary);
    CHECK(joined.primary.size() == 3);
    const KeyFile blocks =
        read_key_file(test_data("keys/two.asc") + "\n" + shipped("microsoft-2025.asc"));
    CHECK(blocks.primary.size() == 3);
    std::string windows = test_data("keys/two.asc");
    for (std::size_t at = windows.find('\n'); at != std::string::npos;
         at = windows.find('\n', at + 2)) {
        windows.insert(at, "\r");
    }
    CHECK(read_key_file(windows).primary == fingerprints);
}

TEST_CASE("key files with a secret key are refused") {
    const std::string key("\xc5\x02\x04x", 4);
    const std::string subkey("\xc7\x02\x04x", 4);
    refuses(key, "secret key");
    refuses(test_data("keys/two.gpg") + key, "secret key");
    refuses(test_data("keys/two.gpg") + subkey, "secret key");
    refuses(
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxQIEeA==\n-----END PGP PRIVATE KEY BLOCK-----\n",
        "secret key");
    refuses(
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxQIEeA==\n-----END PGP PUBLIC KEY BLOCK-----\n",
        "secret key");
}

TEST_CASE("key files that were cut off are refused, wherever") {
    const std::string binary = test_data("keys/two.gpg");
    const KeyFile whole = read_key_file(binary);
    std::size_t accepted = 0;
    for (std::size_t size = 0; size < binary.size(); ++size) {
        // Between two packets a file cannot be told from a whole one.
        accepted += read_key_file(binary.substr(0, size)).error.empty() ? 1U : 0U;
    }
    CHECK(accepted == 7);
    const std::string armoured = test_data("keys/two.asc");
    for (std::size_t size = 0; size + 2 < armoured.size(); ++size) {
        REQUIRE(!read_key_file(armoured.substr(0, size)).error.empty());
    }
    CHECK(whole.primary.size() == 2);
}

TEST_CASE("key files with broken armour are refused") {
    const std::string good = test_data("keys/two.asc");
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        return text.replace(text.find(from), from.size(), to);
    };
    const std::size_t checksum = good.rfind("\n=");
    std::string wrong = good;
    wrong[checksum + 2] = wrong[checksum + 2] == 'A' ? 'B' : 'A';
    refuses(wrong, "checksum");
    std::string without = good;
    without.erase(checksum, 6);
    CHECK(read_key_file(without).error.empty());
    refuses(with("-----\n\n", "-----\n"), "empty line");
    refuses(with("-----END PGP PUBLIC KEY BLOCK-----", ""), "cut off");
    refuses(with("-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----BEGIN PGP MESSAGE-----"),
            "not an OpenPGP file");
    refuses(good + "trailing", "not an OpenPGP file");
    refuses("<html>no key</html>", "not an OpenPGP file");
    refuses("", "not an OpenPGP file");
    std::string strange = good;
    strange[good.find("\n\n") + 10] = '!';
    refuses(strange, "broken");
}

TEST_CASE("key files with other packets are refused") {
    const std::string key = test_data("keys/two.gpg");
    refuses(key + "trailing", "not an OpenPGP file");
    refuses(key + std::string("\xca\x03PGP", 5), "type 10 does not belong");  // a marker
    refuses(key + std::string("\xcb\xe1xx", 4), "not an OpenPGP file");       // a partial length
    refuses(key + std::string("\xa3xx", 3), "not an OpenPGP file");           // a length not told
    refuses(key + std::string("\xc6\x02\x03x", 4), "not of version 4");       // a version 3 key
    refuses(key + std::string("\xc6\x00", 2), "not of version 4");
    refuses(std::string("\xcd\x01u", 3), "type 13 does not belong");  // a name without a key
    refuses(std::string("\xc6\xff\xff\xff\xff\xff\x04", 7), "not an OpenPGP file");
    refuses(std::string("\x80", 1), "not an OpenPGP file");
}

TEST_CASE("armour: what was taken off can be put on again") {
    for (const PinnedKey& key : pinned_keys) {
        CAPTURE(key.file);
        const std::string text = shipped(key.file);
        std::string binary;
        REQUIRE(remove_armour(text, binary) == "");
        const std::string again = add_armour(binary);
        std::string twice;
        CHECK(remove_armour(again, twice) == "");
        CHECK(twice == binary);
        CHECK(read_key_file(again).primary ==
              std::vector<Fingerprint>{Fingerprint(key.fingerprint)});
        // rpm before 4.17 reads only what has a checksum, an empty line and lines that are not
        // long.
        CHECK(again.starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n"));
        CHECK(again.ends_with("\n-----END PGP PUBLIC KEY BLOCK-----\n"));
        CHECK(again.find("\n=") == again.rfind("\n="));
        std::size_t longest = 0;
        for (std::size_t at = 0; at < again.size(); at = again.find('\n', at) + 1) {
            longest = std::max(longest, again.find('\n', at) - at);
        }
        CHECK(longest == 64);
    }
}

TEST_CASE("armour: every length of the last group, with the checksum that gpg writes") {
    // Made with: printf ... | gpg --enarmor (which writes a comment besides).
    struct {
        std::string binary, base64, checksum;
    } const cases[] = {
        {"a", "YQ==", "8lcT"},
        {"ab", "YWI=", "oRot"},
        {"abc", "YWJj", "uhx7"},
        {std::string("\xff\x00\xfe\x80", 4), "/wD+gA==", "J4WJ"},
    };
    for (const auto& each : cases) {
        CAPTURE(each.base64);
        const std::string text = add_armour(each.binary);
        CHECK(text == "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n" + each.base64 +
                          "\n=" + each.checksum + "\n-----END PGP PUBLIC KEY BLOCK-----\n");
        std::string binary;
        CHECK(remove_armour(text, binary) == "");
        CHECK(binary == each.binary);
    }
    std::string all;
    for (int length = 1; length < 200; ++length) {
        all += static_cast<char>(length * 37);
        std::string binary;
        REQUIRE(remove_armour(add_armour(all), binary) == "");
        REQUIRE(binary == all);
    }
}

TEST_CASE("armour: several blocks are read one after the other") {
    std::string binary = "before";
    CHECK(remove_armour(add_armour("one") + add_armour("two"), binary) == "");
    CHECK(binary == "beforeonetwo");
}

TEST_CASE("armour: a block for each key, of files with several as well") {
    const KeyFile two = read_key_file(test_data("keys/two.asc"));
    REQUIRE(two.keys.size() == two.primary.size());
    CHECK(two.keys[0] + two.keys[1] == two.binary);
    for (std::size_t i = 0; i < two.keys.size(); ++i) {
        const KeyFile alone = read_key_file(add_armour(two.keys[i]));
        CHECK(alone.error.empty());
        CHECK(alone.primary == std::vector<Fingerprint>{two.primary[i]});
    }
    CHECK(read_key_file("nonsense").keys.empty());
}

TEST_CASE("key files have limits") {
    refuses(std::string(256UL * 1024 + 1, 'x'), "larger than 256 KiB");
    std::string many;
    const std::string key(
        "\xc6\x06\x04"
        "abcde",
        8);
    for (int i = 0; i < 32; ++i) {
        many += key;
    }
    CHECK(read_key_file(many).primary.size() == 32);
    refuses(many + key, "more than 32 keys");
}

TEST_CASE("fingerprints are 40 upper-case hexadecimal digits") {
    for (const Fingerprint& each : read_key_file(test_data("keys/two.gpg")).primary) {
        CHECK(each.size() == 40);
        CHECK(each.find_first_not_of("0123456789ABCDEF") == std::string::npos);
    }
}
