// SPDX-License-Identifier: MIT
#include "handler/preflight.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace aadssh;

namespace {

using Level = Substatus::Level;

const std::string token_url = "http://169.254.169.254/metadata/identity/oauth2/token";

struct Checked {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run = context(world);
    Facts facts = gather_facts(world, run.environment);

    std::optional<Failure> failure(bool package_in_place = false) {
        try {
            preflight(run, facts, package_in_place);
        } catch (const Failure& thrown) {
            return thrown;
        }
        return std::nullopt;
    }
    Substatus noted(const std::string& name) {
        const auto found = std::ranges::find(run.checks, name, &Substatus::name);
        REQUIRE_MESSAGE(found != run.checks.end(), name);
        return *found;
    }
    void imds(HttpResponse response) {
        vm.fake.http.forget(token_url);
        vm.fake.http.on(token_url, std::move(response));
    }
    bool asked_imds() const { return !vm.fake.http.requests.empty(); }
};

}  // namespace

TEST_CASE("preflight: a machine with a system-assigned identity and no legacy extension") {
    Checked good;
    CHECK_FALSE(good.failure().has_value());
    CHECK(good.noted("legacy").level == Level::success);
    CHECK(good.noted("identity").level == Level::success);
    CHECK(contains_text(good.noted("identity").message, "virtualMachines/vm1"));
    CHECK(contains_text(good.noted("identity").message, "AzurePublicCloud"));
}

TEST_CASE(
    "preflight: the legacy extension is 23, names each remnant with its removal, before IMDS is "
    "asked") {
    Checked checked;
    checked.facts.legacy = {
        {"the package aadlogin 1.0", "apt-get purge aadlogin"},
        {"the extension AADLoginForLinux", "az vm extension delete -n AADLoginForLinux"}};
    const auto failure = checked.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::legacy_extension_present);
    const auto message = failure->message();
    for (const char* part : {"the package aadlogin 1.0",
                             "apt-get purge aadlogin",
                             "the extension AADLoginForLinux",
                             "az vm extension delete -n AADLoginForLinux"}) {
        CHECK(contains_text(message, part));
    }
    CHECK(checked.noted("legacy").level == Level::error);
    CHECK(checked.noted("legacy").code == 23);
    CHECK_FALSE(checked.asked_imds());
}

TEST_CASE("preflight: a harmless leftover of the legacy extension is a warning with its removal") {
    Checked checked;
    checked.facts.legacy = {{"the folder x", "rm -r x", false}};
    CHECK_FALSE(checked.failure().has_value());
    CHECK(checked.noted("legacy").level == Level::warning);
    CHECK(contains_text(checked.noted("legacy").message, "rm -r x"));
}

TEST_CASE("preflight: a leftover beside what blocks is named, too, with its removal") {
    Checked checked;
    checked.facts.legacy = {{"the package aadlogin 1.0", "apt-get purge aadlogin"},
                            {"the folder x", "rm -r x", false},
                            {"the folder y", "rm -r y", false}};
    const auto message = checked.failure()->message();
    for (const auto& text : {message, checked.noted("legacy").message}) {
        CHECK(contains_text(text, "the package aadlogin 1.0"));
        CHECK(contains_text(text, "the folder x (to remove it, rm -r x)"));
        CHECK(contains_text(text, "the folder y (to remove it, rm -r y)"));
    }
    CHECK(message.find("Fix: apt-get purge aadlogin") != std::string::npos);
}

TEST_CASE("preflight: no identity is 22, with IMDS's words and the command that mends it") {
    Checked checked;
    checked.imds(
        answer(400, R"({"error":"invalid_request","error_description":"Identity not found"})"));
    SUBCASE("fresh machine") {
        const auto failure = checked.failure();
        REQUIRE(failure.has_value());
        CHECK(failure->code == ExitCode::no_system_identity);
        CHECK(contains_text(failure->message(), "Identity not found"));
        CHECK(contains_text(failure->message(), "az vm identity assign -g <group> -n <vm>"));
        CHECK(checked.noted("identity").level == Level::error);
        CHECK(checked.noted("identity").code == 22);
    }
    SUBCASE("even where the package is in place: the answer is clear") {
        CHECK(checked.failure(true)->code == ExitCode::no_system_identity);
    }
}

TEST_CASE("preflight: an identity assigned a moment ago is waited for") {
    Checked checked;
    checked.imds(answer(400, R"({"error":"invalid_request"})"));
    checked.vm.fake.clock.at_sleep = [&] {
        checked.vm.identity_claim("/subscriptions/s/providers/Microsoft.Compute/virtualMachines/v");
    };
    CHECK_FALSE(checked.failure().has_value());
    CHECK(checked.vm.fake.clock.sleeps.size() == 1);
}

TEST_CASE("preflight: only a user-assigned identity is 22, too") {
    Checked checked;
    checked.vm.identity_claim(
        "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/"
        "userAssignedIdentities/u");
    const auto failure = checked.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::no_system_identity);
    CHECK(contains_text(failure->message(), "userAssignedIdentities/u"));
}

TEST_CASE("preflight: a token of an unknown kind is accepted with a warning") {
    Checked checked;
    checked.vm.identity_claim("");
    CHECK_FALSE(checked.failure().has_value());
    CHECK(checked.noted("identity").level == Level::warning);
}

TEST_CASE(
    "preflight: IMDS that does not answer is 60, and a warning where the package is in place") {
    Checked checked;
    checked.imds(no_answer(HttpResponse::Failure::connect, "Connection refused"));
    SUBCASE("fresh machine") {
        const auto failure = checked.failure();
        REQUIRE(failure.has_value());
        CHECK(failure->code == ExitCode::imds_unreachable);
        CHECK(contains_text(failure->message(), "Connection refused"));
        CHECK(contains_text(failure->message(), "169.254.169.254"));
        CHECK(checked.noted("identity").level == Level::error);
    }
    SUBCASE("working machine") {
        CHECK_FALSE(checked.failure(true).has_value());
        CHECK(checked.noted("identity").level == Level::warning);
        CHECK(checked.noted("identity").code == 60);
        CHECK(checked.vm.fake.clock.slept() <= Seconds(10));
    }
}

TEST_CASE("preflight: IMDS is asked directly, whatever the proxy variables say") {
    Checked checked;
    checked.run.proxies = read_proxies({{"http_proxy", "http://proxy.example:3128"}});
    checked.failure();
    REQUIRE_FALSE(checked.vm.fake.http.requests.empty());
    for (const auto& request : checked.vm.fake.http.requests) {
        CHECK(request.direct);
        CHECK(request.proxy.empty());
    }
}
