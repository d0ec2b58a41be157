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

    Probe look(HttpResponse response, Seconds limit = Seconds(840)) {
        fake.http.on(in_release, std::move(response));
        const Repository repository{
            .url = debian_12.repository, .spellings = {}, .suite = "bookworm"};
        return probe_repository(world, repository, proxies, Deadline(fake.clock, limit));
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
    CHECK(contains_text(refused, "the proxy proxy.example:3128 refused: 407"));
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
