// SPDX-License-Identifier: MIT
// What IMDS, or somebody in its place, answers: each input as the body of several answers and,
// where it is short, as their Retry-After.
#include "handler/identity.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

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
    static FakeWorld fake;
    static SameAnswer http;
    static World world{fake.files, fake.processes, http, fake.clock, {}, {}, {}};
    for (const long status : {200L, 400L, 429L}) {
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
}

}  // namespace aadssh
