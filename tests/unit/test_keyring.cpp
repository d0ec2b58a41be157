// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"
#include "handler/keyring.hpp"
#include "installers/openpgp.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace aadssh;

namespace {

const std::string url = "https://keys.example/mirror.gpg";

struct Keys {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run = context(world);
    WriteKeyring step{.path = debian_12.keyring, .shipped = {}, .url = {}, .accepted = {}};

    Keys() {
        for (const auto& key : pinned_keys) {
            step.shipped.emplace_back(key.file);
            step.accepted.emplace_back(key.fingerprint);
        }
    }
    std::string shipped_path() const { return vm.folder + "/keys/" + step.shipped.front(); }

    std::optional<Failure> failure() {
        try {
            make_keyring(run, step);
        } catch (const Failure& thrown) {
            return thrown;
        }
        return std::nullopt;
    }
};

}  // namespace

TEST_CASE("keyring: both shipped keys, without asking anybody") {
    Keys keys;
    const auto made = read_key_file(make_keyring(keys.run, keys.step));
    CHECK(made.error.empty());
    CHECK(made.primary == keys.step.accepted);
    CHECK(keys.vm.fake.http.requests.empty());
}

TEST_CASE("keyring: for rpm it is text, with a block for each key") {
    Keys keys;
    const auto packets = make_keyring(keys.run, keys.step);
    keys.step.armoured = true;
    const auto text = make_keyring(keys.run, keys.step);
    const std::string begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n";
    CHECK(text.starts_with(begin));
    CHECK(text.find(begin) != text.rfind(begin));
    const auto made = read_key_file(text);
    CHECK(made.error.empty());
    CHECK(made.primary == keys.step.accepted);
    CHECK(made.binary == packets);
    for (const auto& block : {text.substr(0, text.rfind(begin)), text.substr(text.rfind(begin))}) {
        CHECK(read_key_file(block).primary.size() == 1);
    }
}

TEST_CASE("keyring: a fetched key joins the shipped ones when its fingerprint is accepted") {
    Keys keys;
    const auto file = key_file("mirror");
    keys.step.url = url;
    keys.step.accepted.push_back(fingerprint_of(file));
    keys.vm.fake.http.on(url, answer(200, file));
    keys.run.proxies.https = "http://proxy.example:3128";
    CHECK(read_key_file(make_keyring(keys.run, keys.step)).primary == keys.step.accepted);
    REQUIRE(keys.vm.fake.http.requests.size() == 1);
    CHECK(keys.vm.fake.http.requests.front().proxy == "http://proxy.example:3128");
}

TEST_CASE("keyring: one strange key among good ones refuses the whole file") {
    Keys keys;
    const auto good = key_file("good");
    const auto strange = key_file("strange");
    keys.step.url = url;
    keys.step.accepted.push_back(fingerprint_of(good));
    keys.vm.fake.http.on(url, answer(200, good + strange));
    const auto failure = keys.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::signature_refused);
    CHECK(contains_text(failure->message(), fingerprint_of(strange)));
    CHECK(contains_text(failure->message(), "repository.signingKeys"));
}

TEST_CASE("keyring: a page in place of a key is refused") {
    Keys keys;
    keys.step.url = url;
    keys.vm.fake.http.on(url, answer(200, "<html>Sign in to the Wi-Fi</html>"));
    const auto failure = keys.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::signature_refused);
    CHECK(contains_text(failure->message(), url));
}

TEST_CASE("keyring: a key that cannot be fetched is 20, after three tries inside the deadline") {
    Keys keys;
    keys.step.url = url;
    keys.vm.fake.http.on(url,
                         no_answer(HttpResponse::Failure::name_lookup, "Could not resolve host"));
    const auto failure = keys.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::repository_unreachable);
    CHECK(contains_text(failure->message(), "keys.example:443"));
    CHECK(
        contains_text(failure->remedy, "see that " + std::string(url) + " is where the key lies"));
    CHECK(keys.vm.fake.http.requests.size() == 3);
    CHECK(keys.vm.fake.clock.slept() <= Seconds(10));
}

TEST_CASE("keyring: a clear no of the server is not asked again") {
    Keys keys;
    keys.step.url = url;
    keys.vm.fake.http.on(url, answer(404));
    CHECK(keys.failure()->code == ExitCode::repository_unreachable);
    CHECK(keys.vm.fake.http.requests.size() == 1);
}

TEST_CASE("keyring: the extension's own key files are checked like any other") {
    Keys keys;
    SUBCASE("missing") {
        keys.vm.fake.files.entries.erase(keys.shipped_path());
        CHECK(keys.failure()->code == ExitCode::internal_error);
    }
    SUBCASE("replaced by another key") {
        keys.vm.fake.files.add(keys.shipped_path(), key_file("planted"));
        CHECK(keys.failure()->code == ExitCode::signature_refused);
    }
    SUBCASE("cut off") {
        auto& text = keys.vm.fake.files.entries.at(keys.shipped_path()).content;
        text.resize(text.size() / 2);
        CHECK(keys.failure()->code == ExitCode::signature_refused);
    }
}
