// SPDX-License-Identifier: MIT
#include "handler/facts.hpp"
#include "handler/scrub.hpp"
#include "handler/signature_failure.hpp"
#include "installers/apt.hpp"
#include "installers/openpgp.hpp"
#include "tests/unit/machines.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace aadssh;

namespace {

const std::string source = "/etc/apt/sources.list.d/our-site.list";
const std::string keyring = "/etc/apt/keyrings/our-site.gpg";
const std::string plain =
    "the signature of the repository " + debian_12.repository + " (amd64) is refused";
const std::string test_key = "46E429A59072B7E766019C765FF0E17B8A942A3A";  // of the real outputs

/// What apply() makes of apt's output.
std::string words_of(const std::string& output) {
    return one_line(apt.culprit(scrub(output)), 400);
}

struct Refused {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run = context(world);
    Facts facts = gather_facts(world, run.environment);

    void administrators_source(const std::string& signed_by = keyring) {
        const auto option = signed_by.empty() ? "" : "[signed-by=" + signed_by + "] ";
        vm.fake.files.add(source, "deb " + option + debian_12.repository + " bookworm main\n");
    }
    std::string message(const std::string& output) {
        const auto failure =
            signature_failure(run, facts.support, facts.support.ladder.front(), words_of(output));
        CHECK(failure.code == ExitCode::signature_refused);
        auto text = failure.message();
        CAPTURE(text);
        CHECK(text.size() <= 1024);
        CHECK(std::ranges::count(text, '\n') == 0);
        CHECK(contains_text(text, debian_12.repository));
        return text;
    }
    std::string message_of_file(const std::string& name) {
        return message(test_data("apt/" + name + ".txt"));
    }
};

void check_keyring_named(const std::string& text, const std::string& place) {
    CAPTURE(text);
    CHECK(contains_text(text, "the source " + source + " trusts " + place));
    CHECK(contains_text(text, "BC528686B50D79E339D3721CEB3E94ADBE1229CF"));
    CHECK(contains_text(text, "AA86F75E427A19DD33346403EE4D7792F748182B"));
    CHECK_FALSE(contains_text(text, plain));
}

std::string no_key(const std::string& id) {
    return fmt::format(
        "W: GPG error: {} bookworm InRelease: The following signatures couldn't be verified "
        "because "
        "the public key is not available: NO_PUBKEY {}\n",
        debian_12.repository,
        id);
}

}  // namespace

TEST_CASE("signature: a clock that is behind is told with its time and the command that sets it") {
    for (const auto* name : {"2.6-refresh-not-valid-yet", "3.0-refresh-not-valid-yet"}) {
        Refused refused;
        const auto text = refused.message_of_file(name);
        CHECK(contains_text(text, "is not valid yet"));
        CHECK(contains_text(text, "the clock says " + refused.vm.fake.clock.utc()));
        CHECK(contains_text(text, ". Fix: compare that with the real time and set the clock"));
        CHECK(contains_text(text, "timedatectl"));
    }
}

TEST_CASE("signature: an index that is out of date may be the clock's fault or a mirror's") {
    for (const auto* name : {"2.6-refresh-expired", "3.0-refresh-expired"}) {
        Refused refused;
        refused.administrators_source();
        const auto text = refused.message_of_file(name);
        CHECK(contains_text(text, "is out of date"));
        CHECK(contains_text(text, "the clock says " + refused.vm.fake.clock.utc()));
        CHECK(contains_text(text, "timedatectl"));
        CHECK(contains_text(text, "serves an old index"));
    }
}

TEST_CASE(
    "signature: an administrator's keyring without Microsoft's key is named with its source") {
    Refused refused;
    refused.administrators_source();
    const auto text = refused.message(no_key("EB3E94ADBE1229CF"));
    check_keyring_named(text, "the keyring " + keyring);
    CHECK(contains_text(text, "is missing"));
    CHECK(contains_text(text, "| gpg --dearmor > " + keyring));
}

TEST_CASE("signature: somebody else's keyring that our own source names") {
    Refused refused;
    const auto words = no_key("EB3E94ADBE1229CF");
    CHECK(contains_text(refused.message(words), plain));
    refused.vm.fake.files.add(debian_12.keyring, "somebody's");
    const auto text = refused.message(words);
    CHECK(contains_text(
        text, "the source of this extension trusts the keyring " + debian_12.keyring + ", in"));
    CHECK_FALSE(contains_text(text, plain));
    refused.run.state.record_file(debian_12.keyring, {"0"});  // ours holds both keys
    CHECK(contains_text(refused.message(words), plain));
}

TEST_CASE("signature: a key that expired in the administrator's keyring") {
    Refused refused;
    refused.administrators_source();
    const auto text =
        refused.message("W: GPG error: " + debian_12.repository +
                        " bookworm InRelease: The following signatures were invalid: EXPKEYSIG "
                        "EE4D7792F748182B Microsoft Corporation - General GPG Signer\n");
    check_keyring_named(text, "the keyring " + keyring);
    CHECK(contains_text(text, "has expired"));
}

TEST_CASE("signature: a key that is certified with SHA-1 only is told apart, and never let pass") {
    // microsoft/linux-package-repositories#228; apt's frame as in
    // tests/data/apt/3.0-refresh-no-key.
    const std::string sqv =
        "W: An error occurred during the signature verification. The repository is not updated and "
        "the previous index files will be used. OpenPGP signature verification failed: " +
        debian_12.repository +
        " bookworm InRelease: Sub-process /usr/bin/sqv returned an error code (1), error message "
        "is: Signing key on BC528686B50D79E339D3721CEB3E94ADBE1229CF is not bound:            No "
        "binding signature at time 2026-04-25T16:22:10Z   because: Policy rejected non-revocation "
        "signature (PositiveCertification) requiring second pre-image resistance   because: SHA1 "
        "is not considered secure since 2026-02-01T00:00:00Z\n";
    CHECK(apt.classify(ToolRun::refresh, 100, sqv) == Outcome::signature);
    SUBCASE("our own source") {
        Refused refused;
        const auto text = refused.message(sqv);
        CHECK(contains_text(text, "is certified with SHA-1 only"));
        CHECK(contains_text(text, "BC528686B50D79E339D3721CEB3E94ADBE1229CF"));
        CHECK(contains_text(text, "install the newest version of this extension"));
    }
    SUBCASE("an administrator's source with an old copy of the key") {
        Refused refused;
        refused.administrators_source();
        const auto text = refused.message(sqv);
        CHECK(contains_text(text, "as the source " + source + " has it"));
        CHECK(contains_text(text, "| gpg --dearmor > " + keyring));
    }
    SUBCASE("a key that nobody accepts") {
        Refused refused;
        auto other = sqv;
        other.replace(
            other.find("BC528686B50D79E339D3721CEB3E94ADBE1229CF"), 40, std::string(40, 'A'));
        CHECK(contains_text(refused.message(other), plain));
    }
}

TEST_CASE("signature: real outputs of apt about an administrator's keyring") {
    for (const auto* name :
         {"2.6-refresh-no-key", "3.0-refresh-no-key", "3.0-refresh-keyring-missing"}) {
        CAPTURE(std::string(name));
        Refused refused;
        refused.administrators_source();
        refused.run.settings.signing_keys = {test_key};
        check_keyring_named(refused.message_of_file(name), "the keyring " + keyring);
    }
}

TEST_CASE("signature: wherever the source keeps its keys, the mend fits") {
    Refused refused;
    const auto text = [&] { return refused.message(no_key("EB3E94ADBE1229CF")); };
    SUBCASE("an armoured file") {
        refused.administrators_source("/etc/apt/keyrings/k.asc");
        check_keyring_named(text(), "the keyring /etc/apt/keyrings/k.asc");
        CHECK_FALSE(contains_text(text(), "--dearmor"));
    }
    SUBCASE("several files") {
        refused.administrators_source(keyring + ",/etc/apt/keyrings/two.gpg");
        check_keyring_named(text(), "the keyring " + keyring);
    }
    SUBCASE("apt's own") {
        refused.administrators_source("");
        check_keyring_named(text(), "apt's keyrings in /etc/apt/trusted.gpg.d");
    }
    SUBCASE("the source itself") {
        refused.vm.fake.files.add(source, "");
        refused.vm.fake.files.entries.erase(source);
        const std::string deb822 = "/etc/apt/sources.list.d/our-site.sources";
        refused.vm.fake.files.add(deb822,
                                  "Types: deb\nURIs: " + debian_12.repository +
                                      "\nSuites: bookworm\nComponents: main\nSigned-By:\n"
                                      " -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQENBFYx\n"
                                      " -----END PGP PUBLIC KEY BLOCK-----\n");
        CHECK(contains_text(text(), "the source " + deb822 + " trusts the key in its field"));
        CHECK_FALSE(contains_text(text(), "mQENBFYx"));
    }
}

TEST_CASE("signature: all else is a signature that is not the right one") {
    Refused refused;
    SUBCASE("a key that nobody accepts, whoever wrote the source") {
        refused.administrators_source();
        CHECK(contains_text(refused.message(no_key("0123456789ABCDEF")), plain));
    }
    SUBCASE("Microsoft's key, but our own source") {
        CHECK(contains_text(refused.message(no_key("EB3E94ADBE1229CF")), plain));
    }
    SUBCASE("Microsoft's key, but the content was changed") {
        refused.administrators_source();
        CHECK(contains_text(
            refused.message("W: GPG error: x bookworm InRelease: The following signatures were "
                            "invalid: BADSIG EB3E94ADBE1229CF Microsoft (Release signing)\n"),
            plain));
    }
    const auto text = refused.message("W: GPG error: something new\n");
    CHECK(contains_text(text, plain));
    CHECK(contains_text(text, "repository.signingKeys"));
}

TEST_CASE("signature: the longest names leave cause and mend whole") {
    Refused refused;
    const std::string longest = "/etc/apt/keyrings/" + std::string(60, 'k') + ".gpg";
    refused.administrators_source(longest);
    const auto text = refused.message(no_key("EB3E94ADBE1229CF"));
    check_keyring_named(text, "the keyring " + longest);
    CHECK(contains_text(text, "NO_PUBKEY EB3E94ADBE1229CF"));
    CHECK(text.ends_with("then run the extension again."));
}
