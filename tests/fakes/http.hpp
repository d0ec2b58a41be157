// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/http.hpp"
#include "tests/fakes/clock.hpp"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace aadssh {

/// Answers by the longest matching beginning of the address; several answers for one beginning are
/// given in turn and the last one repeats. What is not scripted fails with "not scripted".
///
///     FakeHttp http;
///     http.on("http://169.254.169.254/metadata/identity", answer(503));
///     http.on("http://169.254.169.254/metadata/identity", answer(200, R"({"access_token":"x"})"));
///     CHECK(http.requests.front().direct);
class FakeHttp : public Http {
  public:
    std::vector<HttpRequest> requests;
    FakeClock* clock = nullptr;  ///< when set, a timed-out answer takes the request's whole limit

    void on(const std::string& url_prefix, HttpResponse response);
    void forget(const std::string& url_prefix) { answers_.erase(url_prefix); }

    HttpResponse get(const HttpRequest& request) override;

  private:
    std::map<std::string, std::deque<HttpResponse>> answers_;
};

/// An answer of a server.
HttpResponse answer(long status, std::string body = {});

/// No answer.
HttpResponse no_answer(HttpResponse::Failure failure, std::string detail = "scripted failure");

}  // namespace aadssh
