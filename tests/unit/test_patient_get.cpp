// SPDX-License-Identifier: MIT
#include "handler/patient_get.hpp"
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

using namespace aadssh;
using Failed = HttpResponse::Failure;

namespace {

const std::string url = "https://packages.example/x";

HttpResponse busy(long status, const std::string& retry_after = {}) {
    auto response = answer(status);
    if (!retry_after.empty()) {
        response.headers["retry-after"] = retry_after;
    }
    return response;
}

struct Patient {
    FakeWorld fake;
    World world = fake.world();

    HttpResponse get(std::vector<HttpResponse> answers, Seconds limit = Seconds(840)) {
        for (auto& one : answers) {
            fake.http.on(url, std::move(one));
        }
        HttpRequest request;
        request.url = url;
        return get_patiently(world, request, Deadline(fake.clock, limit));
    }
    std::size_t asked() const { return fake.http.requests.size(); }
};

}  // namespace

TEST_CASE("patience: 503 and 429 are asked again after as long as the server says") {
    Patient patient;
    CHECK(patient.get({busy(503, "30"), busy(429, "60"), answer(200, "x")}).body == "x");
    REQUIRE(patient.fake.clock.sleeps.size() == 2);
    CHECK(patient.fake.clock.sleeps[0] >= Seconds(30));
    CHECK(patient.fake.clock.sleeps[0] <= Milliseconds(37500));
    CHECK(patient.fake.clock.sleeps[1] >= Seconds(60));
    CHECK(patient.fake.clock.sleeps[1] <= Seconds(75));
}

TEST_CASE("patience: Retry-After may be a date") {
    Patient patient;  // the fake clock says 2026-09-21T14:13:20Z
    CHECK(patient.get({busy(503, "Mon, 21 Sep 2026 14:14:00 GMT"), answer(200)}).ok());
    CHECK(patient.fake.clock.slept() >= Seconds(40));
    CHECK(patient.fake.clock.slept() <= Seconds(50));
    const auto asks = [&](const std::string& text) {
        return retry_after(busy(503, text), patient.fake.clock);
    };
    CHECK(asks("Mon, 21 Sep 2026 14:00:00 GMT") == Seconds(0));
    CHECK(asks("17") == Seconds(17));
    for (const std::string text : {"", "-1", "soon", "3 s", "Mon, 21 Sep 2026", "99999999999999"}) {
        CAPTURE(text);
        CHECK_FALSE(asks(text).has_value());
    }
}

TEST_CASE("patience: a wait that does not end before the deadline is not begun") {
    Patient patient;
    CHECK(patient.get({busy(429, "100"), answer(200)}, Seconds(90)).status == 429);
    CHECK(patient.asked() == 1);
    CHECK(patient.fake.clock.sleeps.empty());
}

TEST_CASE("patience: three tries, with growing waits, each inside the deadline") {
    Patient patient;
    CHECK(patient.get({no_answer(Failed::timed_out)}, Seconds(60)).failure == Failed::timed_out);
    CHECK(patient.asked() == 2);  // 30 s are used up by the first, and the rest by the second
    CHECK(patient.fake.http.requests[1].limit < Seconds(30));

    Patient refused;
    CHECK(refused.get({no_answer(Failed::connect)}).failure == Failed::connect);
    CHECK(refused.asked() == 3);
    CHECK(refused.fake.clock.slept() >= Seconds(8));
    CHECK(refused.fake.clock.slept() <= Seconds(10));
}

TEST_CASE("patience: what another try cannot mend is not asked again") {
    for (const auto& last : {answer(404),
                             answer(403),
                             answer(302),
                             no_answer(Failed::tls),
                             no_answer(Failed::proxy),
                             no_answer(Failed::too_big)}) {
        Patient patient;
        patient.get({last});
        CHECK(patient.asked() == 1);
    }
}

TEST_CASE("patience: a run that is asked to end asks nobody again") {
    Patient patient;
    patient.fake.clock.at_sleep = [&] { patient.fake.processes.stop_requested = true; };
    CHECK(patient.get({busy(503), answer(200)}).status == 503);
    CHECK(patient.asked() == 1);
}

TEST_CASE("patience: pauses differ from one machine to the next, by a quarter at most") {
    bool differ = false;
    const auto first = jittered(Seconds(100));
    for (int i = 0; i < 50; ++i) {
        const auto pause = jittered(Seconds(100));
        CHECK(pause >= Seconds(100));
        CHECK(pause <= Seconds(125));
        differ = differ || pause != first;
    }
    CHECK(differ);
    CHECK(jittered(Seconds(0)) == Seconds(0));
}
