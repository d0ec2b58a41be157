// SPDX-License-Identifier: MIT
// What IMDS, or somebody in its place, answers: each input as a body and, where it is short, as
// Retry-After. Its length chooses the status, so that seeds can be plain answers.
#include "handler/identity.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>

namespace aadssh {
namespace {

class SameAnswer : public Http {
  public:
    HttpResponse response;
    HttpResponse get(const HttpRequest& request) override {
        must(request.direct, "IMDS is never asked through a proxy");
        return response;
    }
};

}  // namespace

void try_input(std::string_view input) {
    constexpr std::array statuses{200L, 400L, 429L};
    static FakeWorld fake;
    static SameAnswer http;
    static World world{fake.files, fake.processes, http, fake.clock, {}, {}, {}};
    const long status = statuses.at(input.size() % statuses.size());
    http.response = answer(status, std::string(input));
    if (input.size() <= 16) {
        http.response.headers["retry-after"] = std::string(input);
    }
    fake.clock.sleeps.clear();
    const Deadline deadline(fake.clock, Seconds(600));
    const Identity identity = ask_identity(world, deadline, {Seconds(0), Seconds(1)});
    must_be_showable(identity.detail, 400);
    must(!identity.detail.empty(), "there always is something to say");
    must_be_showable(identity.cloud, 64);
    must(status == 200 || identity.kind != Identity::Kind::system_assigned,
         "only a token shows an identity");
    must(fake.clock.slept() <= Seconds(1), "no answer makes us wait beyond our patience");
}

}  // namespace aadssh
