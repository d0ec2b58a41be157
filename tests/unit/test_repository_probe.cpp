// SPDX-License-Identifier: MIT
#include "handler/repository_probe.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

using Failed = HttpResponse::Failure;

const std::string in_release =
    "https://packages.microsoft.com/debian/12/prod/dists/bookworm/InRelease";

struct Probed {
    FakeWorld fake;
    World world = fake.world();
    ProxySettings proxies;

    Probe look(HttpResponse response, Seconds limit = Seconds(840), Look why = Look::to_explain) {
        fake.http.on(in_release, std::move(response));
        const Repository repository{
            .url = debian_12.repository, .spellings = {}, .suite = "bookworm"};
        return probe_repository(world, repository, proxies, Deadline(fake.clock, limit), why);
    }
};

}  // namespace

TEST_CASE("probe: 200 is there, 404 is absent, anything else is refused, silence is unreachable") {
    CHECK(Probed().look(answer(200)).answer == Probe::Answer::there);
    CHECK(Probed().look(answer(404)).answer == Probe::Answer::absent);
    CHECK(Probed().look(answer(403)).answer == Probe::Answer::refused);
    CHECK(Probed().look(answer(302)).answer == Probe::Answer::refused);
    CHECK(Probed().look(answer(503)).answer == Probe::Answer::refused);
    CHECK(Probed().look(no_answer(Failed::connect)).answer == Probe::Answer::unreachable);
}

TEST_CASE("probe: one GET of InRelease, through the proxy, inside the deadline") {
    Probed probed;
    probed.proxies.https = "http://proxy.example:3128";
    probed.proxies.bypass = "localhost";
    probed.look(answer(200), Seconds(7));
    REQUIRE(probed.fake.http.requests.size() == 1);
    const auto& request = probed.fake.http.requests.front();
    CHECK(request.url == in_release);
    CHECK(request.proxy == "http://proxy.example:3128");
    CHECK(request.no_proxy == "localhost");
    CHECK(request.limit <= Seconds(7));
    CHECK(request.connect_limit <= Seconds(7));
    CHECK_FALSE(request.direct);
}

TEST_CASE("probe: every way to fail names host and port, and the proxy without its password") {
    const std::string proxy = "http://user:hunter2@proxy.example:3128";
    for (const auto failure : {Failed::name_lookup,
                               Failed::connect,
                               Failed::tls,
                               Failed::timed_out,
                               Failed::cut_off,
                               Failed::too_big,
                               Failed::other}) {
        const auto text = describe_http(in_release, no_answer(failure, "libcurl's words"), proxy);
        CAPTURE(text);
        CHECK(contains_text(text, "packages.microsoft.com:443"));
        CHECK(contains_text(text, "proxy.example:3128"));
        CHECK_FALSE(contains_text(text, "hunter2"));
    }
    const auto refused = describe_http(in_release, no_answer(Failed::proxy, "407"), proxy);
    CHECK(contains_text(refused, "the proxy proxy.example:3128 refused to lead to "));
    CHECK(contains_text(refused, "packages.microsoft.com:443: 407"));
    const auto away =
        describe_http(in_release, no_answer(Failed::proxy_unreachable, "no route"), proxy);
    CHECK(contains_text(away, "the proxy proxy.example:3128 on the way to packages.microsoft.com"));
    CHECK(contains_text(away, "cannot be reached: no route"));
}

TEST_CASE("probe: a certificate that is not valid today may be the clock's fault") {
    for (const char* words : {"SSL certificate problem: certificate is not yet valid",
                              "SSL certificate problem: certificate has expired"}) {
        CHECK(contains_text(http_remedy(no_answer(Failed::tls, words)), "timedatectl set-ntp"));
    }
    CHECK(contains_text(http_remedy(no_answer(Failed::tls, "self-signed certificate")), "its CA"));
}

TEST_CASE("probe: what libcurl quotes is scrubbed") {
    Probed probed;
    const auto probe =
        probed.look(no_answer(Failed::proxy, "cannot use http://user:hunter2@proxy.example:3128"));
    CHECK_FALSE(contains_text(probe.detail, "hunter2"));
    CHECK(contains_text(probe.detail, "proxy.example"));
}

TEST_CASE("probe: ports as they are written, else the scheme's") {
    const auto at = [](const std::string& url) { return describe_http(url, answer(500), ""); };
    CHECK(at("http://a.example/x").starts_with("a.example:80 answered HTTP 500"));
    CHECK(at("https://a.example:8443/x").starts_with("a.example:8443 answered"));
    CHECK(at("https://[2001:db8::1]/x").starts_with("[2001:db8::1]:443 answered"));
    CHECK(at("https://[2001:db8::1]:8443/x").starts_with("[2001:db8::1]:8443 answered"));
}

TEST_CASE("probe: the issuer of a certificate that is refused is named, with what to do") {
    auto response = no_answer(Failed::tls, "unable to get local issuer certificate");
    response.issuer = "CN=Example Inspecting Proxy CA";
    Probed probed;
    const auto probe = probed.look(response);
    CHECK(contains_text(probe.detail, "was issued by CN=Example Inspecting Proxy CA"));
    CHECK(contains_text(probe.remedy, "trust store"));
}

TEST_CASE("probe: each sort of failure has a remedy of its own, or the exit code's") {
    CHECK(contains_text(http_remedy(no_answer(Failed::proxy)), "setting proxy.url"));
    CHECK(contains_text(http_remedy(no_answer(Failed::proxy_unreachable)), "setting proxy.url"));
    CHECK(contains_text(http_remedy(answer(429)), "wait some minutes"));
    CHECK(contains_text(http_remedy(answer(503)), "wait some minutes"));
    CHECK(http_remedy(answer(403)).empty());
    CHECK(http_remedy(no_answer(Failed::connect)).empty());
}

TEST_CASE("probe: to choose, a busy server is asked again; to explain, once") {
    Probed choosing;
    choosing.fake.http.on(in_release, answer(503));
    CHECK(choosing.look(answer(200), Seconds(840), Look::to_choose).answer == Probe::Answer::there);
    CHECK(choosing.fake.http.requests.size() == 2);
    Probed explaining;
    explaining.fake.http.on(in_release, answer(503));
    CHECK(explaining.look(answer(200)).answer == Probe::Answer::refused);
    CHECK(explaining.fake.http.requests.size() == 1);
}
