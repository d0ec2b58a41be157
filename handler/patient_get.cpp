// SPDX-License-Identifier: MIT
#include "handler/patient_get.hpp"

#include "handler/log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <random>

namespace aadssh {
namespace {

constexpr Seconds pauses[] = {Seconds(2), Seconds(6)};

std::optional<std::time_t> read_time(const std::string& text, const char* format) {
    std::tm fields{};
    const char* end = ::strptime(text.c_str(), format, &fields);  // in the C locale: never set
    if (end == nullptr || *end != '\0') {
        return {};
    }
    return ::timegm(&fields);
}

bool worth_another_try(const HttpResponse& response) {
    using Failure = HttpResponse::Failure;
    switch (response.failure) {
        case Failure::none:
            return response.status == 429 || response.status >= 500;
        case Failure::tls:  // a certificate does not become better
        case Failure::too_big:
        case Failure::proxy:
            return false;
        default:
            return true;
    }
}

}  // namespace

Milliseconds jittered(Milliseconds pause) {
    std::random_device device;
    return pause + Milliseconds(std::uniform_int_distribution<Milliseconds::rep>(
                       0, pause.count() / 4)(device));
}

std::optional<Seconds> retry_after(const HttpResponse& response, const Clock& clock) {
    const auto header = response.headers.find("retry-after");
    if (header == response.headers.end()) {
        return {};
    }
    const std::string& text = header->second;
    int seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error == std::errc{} && end == text.data() + text.size() && seconds >= 0) {
        return Seconds(seconds);
    }
    const auto date = read_time(text, "%a, %d %b %Y %H:%M:%S GMT");
    const auto now = read_time(clock.utc(), "%Y-%m-%dT%H:%M:%SZ");
    if (!date || !now) {
        return {};
    }
    return Seconds(std::max<std::time_t>(0, *date - *now));
}

HttpResponse get_patiently(World& world, HttpRequest request, const Deadline& deadline) {
    const auto limit = request.limit;
    const auto connect_limit = request.connect_limit;
    for (const auto* pause = std::begin(pauses);; ++pause) {
        request.limit = deadline.at_most(limit);
        request.connect_limit = deadline.at_most(connect_limit);
        auto response = world.http.get(request);
        if (pause == std::end(pauses) || !worth_another_try(response) ||
            world.processes.interrupted()) {
            return response;
        }
        const auto wait = jittered(std::max<Milliseconds>(
            *pause, retry_after(response, world.clock).value_or(Seconds(0))));
        if (wait >= deadline.left()) {
            return response;
        }
        log_info(fmt::format("asking again in {} ms: {}",
                             wait.count(),
                             response.failure == HttpResponse::Failure::none
                                 ? fmt::format("HTTP {}", response.status)
                                 : response.detail));
        world.clock.sleep(wait);
        if (world.processes.interrupted()) {
            return response;
        }
    }
}

}  // namespace aadssh
