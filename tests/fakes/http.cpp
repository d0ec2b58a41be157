// SPDX-License-Identifier: MIT
#include "tests/fakes/http.hpp"

#include <utility>

namespace aadssh {

void FakeHttp::on(const std::string& url_prefix, HttpResponse response) {
    answers_[url_prefix].push_back(std::move(response));
}

HttpResponse FakeHttp::get(const HttpRequest& request) {
    requests.push_back(request);
    std::deque<HttpResponse>* best = nullptr;
    for (auto& [prefix, queue] : answers_) {  // ascending, so a longer beginning comes later
        if (request.url.starts_with(prefix)) {
            best = &queue;
        }
    }
    if (best == nullptr) {
        return no_answer(HttpResponse::Failure::other, "not scripted: " + request.url);
    }
    HttpResponse response = best->front();
    if (best->size() > 1) {
        best->pop_front();
    }
    if (clock != nullptr && response.failure == HttpResponse::Failure::timed_out) {
        clock->advance(request.limit);
    }
    return response;
}

HttpResponse answer(long status, std::string body) {
    HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

HttpResponse no_answer(HttpResponse::Failure failure, std::string detail) {
    HttpResponse response;
    response.failure = failure;
    response.detail = std::move(detail);
    return response;
}

}  // namespace aadssh
