// SPDX-License-Identifier: MIT
#include "handler/identity.hpp"
#include "tests/fakes/world.hpp"
#include "tests/unit/test_data.hpp"
#include "tests/unit/tokens.hpp"

#include <doctest/doctest.h>

namespace aadssh {
namespace {

using Kind = Identity::Kind;
using Times = std::vector<Milliseconds>;

const std::string cloud_url =
    "http://169.254.169.254/metadata/instance/compute/"
    "azEnvironment?api-version=2021-02-01&format=text";
const std::string token_url =
    "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=";
HttpResponse token_answer(const std::string& resource) {
    return answer(200,
                  R"({"access_token":")" + token_of(resource) +
                      R"(","expires_in":"86399","token_type":"Bearer"})");
}

/// A VM whose IMDS knows the public cloud and answers token requests as scripted.
struct ImdsWorld : FakeWorld {
    IdentityPatience patience = identity_patience(std::chrono::hours(1), false);
    Seconds limit{240};

    ImdsWorld() { http.on(cloud_url, answer(200, "AzurePublicCloud")); }
    void then(HttpResponse response) { http.on(token_url, std::move(response)); }
    Identity ask() {
        World here = world();
        const Deadline deadline(clock, limit);
        return ask_identity(here, deadline, patience);
    }
    std::size_t tries() const { return http.requests.size() - 1; }
};

TEST_CASE("identity: asked directly, with the header, for the cloud's audience") {
    struct Example {
        HttpResponse cloud;
        std::string name;
        std::string audience;
    };
    using Failure = HttpResponse::Failure;
    for (const Example& example :
         {Example{answer(200, "AzurePublicCloud"),
                  "AzurePublicCloud",
                  "https%3A%2F%2Fmanagement.azure.com%2F"},
          Example{answer(200, "AzureUSGovernmentCloud"),
                  "AzureUSGovernmentCloud",
                  "https%3A%2F%2Fmanagement.usgovcloudapi.net%2F"},
          Example{answer(200, "AzureChinaCloud"),
                  "AzureChinaCloud",
                  "https%3A%2F%2Fmanagement.chinacloudapi.cn%2F"},
          Example{answer(200, "AzureStack"), "AzureStack", "https%3A%2F%2Fmanagement.azure.com%2F"},
          Example{answer(200, ""), "AzurePublicCloud", "https%3A%2F%2Fmanagement.azure.com%2F"},
          Example{
              answer(200, "<html>"), "AzurePublicCloud", "https%3A%2F%2Fmanagement.azure.com%2F"},
          Example{answer(404, "AzureChinaCloud"),
                  "AzurePublicCloud",
                  "https%3A%2F%2Fmanagement.azure.com%2F"},
          Example{no_answer(Failure::timed_out),
                  "AzurePublicCloud",
                  "https%3A%2F%2Fmanagement.azure.com%2F"}}) {
        CAPTURE(example.name);
        ImdsWorld fake;
        fake.http.forget(cloud_url);
        fake.http.on(cloud_url, example.cloud);
        fake.environment["http_proxy"] = "http://proxy:3128";
        fake.then(token_answer(vm));
        const Identity identity = fake.ask();
        CHECK(identity.kind == Kind::system_assigned);
        CHECK(identity.cloud == example.name);
        REQUIRE(fake.http.requests.size() == 2);
        CHECK(fake.http.requests[0].url == cloud_url);
        CHECK(fake.http.requests[0].limit <= Seconds(2));
        CHECK(fake.http.requests[1].url == token_url + example.audience);
        for (const HttpRequest& request : fake.http.requests) {
            CHECK(request.direct);
            CHECK(request.proxy == "");
            CHECK(request.headers == std::map<std::string, std::string>{{"Metadata", "true"}});
        }
    }
}

TEST_CASE("identity: a clear no is asked again for as long as patience says") {
    ImdsWorld fake;
    SUBCASE("none") {
        fake.then(answer(400, test_data("imds/none.json")));
        const Identity identity = fake.ask();
        CHECK(identity.kind == Kind::none);
        CHECK(identity.missing());
        CHECK(identity.detail == "IMDS answered 400 \"Identity not found\"");
    }
    SUBCASE("several") {
        fake.then(answer(400, test_data("imds/several.json")));
        const Identity identity = fake.ask();
        CHECK(identity.kind == Kind::user_assigned_only);
        CHECK(identity.missing());
    }
    SUBCASE("a token of the only user-assigned one") {
        fake.then(token_answer(user_assigned));
        const Identity identity = fake.ask();
        CHECK(identity.kind == Kind::user_assigned_only);
        CHECK(identity.detail == user_assigned);
    }
    CHECK(fake.clock.sleeps == Times(4, Seconds(5)));
    CHECK(fake.tries() == 5);
}

TEST_CASE("identity: one assigned a moment ago is found") {
    ImdsWorld fake;
    fake.then(answer(400, test_data("imds/none.json")));
    fake.then(token_answer(user_assigned));
    fake.then(token_answer(vm));
    CHECK(fake.ask().kind == Kind::system_assigned);
    CHECK(fake.tries() == 3);
}

TEST_CASE("identity: answers that pass are retried with growing pauses") {
    for (const long status : {404L, 410L, 429L, 500L, 503L}) {
        CAPTURE(status);
        ImdsWorld fake;
        fake.then(answer(status));
        const Identity identity = fake.ask();
        CHECK(identity.kind == Kind::unreachable);
        CHECK_FALSE(identity.missing());
        CHECK(identity.detail == "IMDS answered " + std::to_string(status));
        CHECK(fake.clock.sleeps ==
              Times{Seconds(0), Seconds(2), Seconds(6), Seconds(14), Seconds(30), Seconds(30)});
    }
}

TEST_CASE("identity: an update of IMDS is outlasted where no package is in place") {
    for (const Seconds each_answer : {Seconds(0), Seconds(1), Seconds(5), Seconds(9)}) {
        CAPTURE(each_answer.count());
        ImdsWorld fake;
        fake.then(answer(410));
        const auto start = fake.clock.now();
        fake.clock.at_sleep = [&] {
            fake.clock.advance(each_answer);
            if (fake.clock.now() - start >= Seconds(65)) {
                fake.http.forget(token_url);
                fake.then(token_answer(vm));
            }
        };
        CHECK(fake.ask().kind == Kind::system_assigned);
        CHECK(fake.clock.now() - start <= Seconds(120));
    }
}

TEST_CASE("identity: a machine that works is not kept waiting for an update of IMDS") {
    ImdsWorld fake;
    fake.patience = identity_patience(std::chrono::hours(1), true);
    fake.then(answer(410));
    CHECK(fake.ask().kind == Kind::unreachable);
    CHECK(fake.clock.sleeps == Times{Seconds(0), Seconds(2), Seconds(6)});
}

TEST_CASE("identity: an answer after failures counts") {
    ImdsWorld fake;
    fake.then(no_answer(HttpResponse::Failure::connect, "Connection refused"));
    fake.then(answer(503));
    fake.then(token_answer(vm));
    CHECK(fake.ask().kind == Kind::system_assigned);
    CHECK(fake.clock.slept() == Seconds(2));
}

TEST_CASE("identity: Retry-After is honoured as far as the budget reaches") {
    ImdsWorld fake;
    HttpResponse busy = answer(429);
    SUBCASE("within") {
        busy.headers["retry-after"] = "9";
        fake.then(busy);
        fake.then(token_answer(vm));
        CHECK(fake.ask().kind == Kind::system_assigned);
        CHECK(fake.clock.sleeps == Times{Seconds(9)});
    }
    SUBCASE("beyond") {
        busy.headers["retry-after"] = "3600";
        fake.then(busy);
        CHECK(fake.ask().kind == Kind::unreachable);
        CHECK(fake.clock.sleeps.empty());
    }
    SUBCASE("a date") {
        busy.headers["retry-after"] = "Mon, 21 Sep 2026 14:13:29 GMT";
        fake.then(busy);
        fake.then(token_answer(vm));
        CHECK(fake.ask().kind == Kind::system_assigned);
        CHECK(fake.clock.sleeps == Times{Seconds(9)});
    }
    SUBCASE("nonsense") {
        busy.headers["retry-after"] = "soon";
        fake.then(busy);
        fake.then(token_answer(vm));
        CHECK(fake.ask().kind == Kind::system_assigned);
        CHECK(fake.clock.sleeps == Times{Seconds(0)});
    }
}

TEST_CASE("identity: a silent IMDS uses up its budget and no more") {
    ImdsWorld fake;
    fake.patience.unreachable_again = Seconds(10);
    fake.then(no_answer(HttpResponse::Failure::timed_out, "Connection timed out"));
    const auto start = fake.clock.now();
    const Identity identity = fake.ask();
    CHECK(identity.kind == Kind::unreachable);
    CHECK(identity.detail == "IMDS did not answer: Connection timed out");
    CHECK(fake.clock.now() - start <= Seconds(31));
}

TEST_CASE("identity: other answers are no verdict and are not retried") {
    struct Example {
        HttpResponse response;
        std::string detail;
    };
    for (const Example& example :
         {Example{answer(400, test_data("imds/no_header.json")),
                  "IMDS answered 400 \"Required metadata header not specified\""},
          Example{answer(400, "invalid_request"), "IMDS answered 400"},
          Example{answer(401, test_data("imds/none.json")),
                  "IMDS answered 401 \"Identity not found\""},
          Example{answer(403), "IMDS answered 403"},
          Example{answer(302), "IMDS answered 302"},
          Example{answer(200, test_data("imds/portal.html")),
                  "its address was answered by something that is not IMDS"},
          Example{answer(200, "{}"), "its address was answered by something that is not IMDS"},
          Example{answer(200, R"({"access_token":""})"),
                  "its address was answered by something that is not IMDS"},
          Example{answer(200, R"({"access_token":7})"),
                  "its address was answered by something that is not IMDS"}}) {
        CAPTURE(example.detail);
        ImdsWorld fake;
        fake.then(example.response);
        const Identity identity = fake.ask();
        CHECK(identity.kind == Kind::unreachable);
        CHECK(identity.detail == example.detail);
        CHECK(fake.tries() == 1);
    }
}

TEST_CASE("identity: the deadline bounds every wait and request") {
    ImdsWorld fake;
    fake.limit = Seconds(12);
    SUBCASE("missing") {
        fake.then(answer(400, test_data("imds/none.json")));
    }
    SUBCASE("busy") {
        fake.then(answer(503));
    }
    SUBCASE("silent") {
        fake.then(no_answer(HttpResponse::Failure::timed_out));
    }
    const auto start = fake.clock.now();
    fake.ask();
    CHECK(fake.clock.now() - start <= Seconds(12));
    for (const HttpRequest& request : fake.http.requests) {
        CHECK(request.limit > Milliseconds(0));
    }
}

TEST_CASE("identity: nothing is asked when there is no time or we must end") {
    ImdsWorld fake;
    fake.then(token_answer(vm));
    SUBCASE("no time") {
        fake.limit = Seconds(0);
    }
    SUBCASE("asked to end") {
        fake.processes.stop_requested = true;
    }
    const Identity identity = fake.ask();
    CHECK(identity.kind == Kind::unreachable);
    CHECK(identity.detail == "there was no time left to ask IMDS");
    CHECK(fake.http.requests.empty());
}

TEST_CASE("identity: being asked to end stops the waiting") {
    ImdsWorld fake;
    fake.then(answer(400, test_data("imds/none.json")));
    fake.clock.at_sleep = [&] { fake.processes.stop_requested = true; };
    CHECK(fake.ask().kind == Kind::none);
    CHECK(fake.tries() == 1);
}

TEST_CASE("identity: what IMDS says is scrubbed and short, the token is told nowhere") {
    ImdsWorld fake;
    SUBCASE("description") {
        fake.then(answer(403,
                         R"({"error":"x","error_description":"Authorization: Bearer secret)" +
                             std::string(5000, 'y') + R"("})"));
        const Identity identity = fake.ask();
        CHECK(identity.detail.find("secret") == std::string::npos);
        CHECK(identity.detail.size() < 300);
    }
    SUBCASE("token") {
        fake.then(token_answer(vm));
        CHECK(fake.ask().detail == vm);
    }
}

TEST_CASE("identity: patience depends on how long the VM is up and on what there is to lose") {
    CHECK(identity_patience(Seconds(599), false).missing_again == Seconds(120));
    CHECK(identity_patience(Seconds(600), false).missing_again == Seconds(20));
    CHECK(identity_patience(Seconds(0), false).unreachable_again == Seconds(105));
    CHECK(identity_patience(Seconds(0), true).unreachable_again == Seconds(10));
}

}  // namespace
}  // namespace aadssh
