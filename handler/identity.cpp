// SPDX-License-Identifier: MIT
#include "handler/identity.hpp"

#include "handler/json.hpp"
#include "handler/patient_get.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

namespace aadssh {
namespace {

using Kind = Identity::Kind;

constexpr const char* imds = "http://169.254.169.254/metadata";
constexpr const char* public_cloud = "AzurePublicCloud";
constexpr Seconds missing_pause{5};
/// learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token,
/// "Retry guidance".
constexpr std::array<Seconds, 5> unreachable_pauses{
    Seconds{0}, Seconds{2}, Seconds{6}, Seconds{14}, Seconds{30}};
/// 410 says that IMDS is being updated and back within 70 s (same page, "Error handling"). The last
/// question may come a whole pause before the patience ends.
constexpr Seconds update_of_imds{75};
constexpr Seconds outlast_update = update_of_imds + unreachable_pauses.back();

struct Audience {
    std::string_view cloud;
    std::string_view escaped;  ///< the resource to ask for, percent-encoded
};
constexpr std::array<Audience, 3> audiences{
    {{public_cloud, "https%3A%2F%2Fmanagement.azure.com%2F"},
     {"AzureUSGovernmentCloud", "https%3A%2F%2Fmanagement.usgovcloudapi.net%2F"},
     {"AzureChinaCloud", "https%3A%2F%2Fmanagement.chinacloudapi.cn%2F"}}};

std::string_view audience_of(std::string_view cloud) {
    const auto* found = std::ranges::find(audiences, cloud, &Audience::cloud);
    return found == audiences.end() ? audiences[0].escaped : found->escaped;
}

HttpRequest request_for(std::string url, Milliseconds limit, const Deadline& deadline) {
    HttpRequest request;
    request.url = std::move(url);
    request.headers = {{"Metadata", "true"}};
    request.direct = true;
    request.connect_limit = deadline.at_most(std::min(limit, Milliseconds(Seconds{5})));
    request.limit = deadline.at_most(limit);
    request.body_cap = 128UL * 1024;
    return request;
}

/// The audience depends on it, nothing else does: no answer means the public cloud.
std::string ask_cloud(World& world, const Deadline& deadline) {
    const HttpResponse response = world.http.get(request_for(
        fmt::format("{}/instance/compute/azEnvironment?api-version=2021-02-01&format=text", imds),
        Seconds{2},
        deadline));
    const auto is_word = [](unsigned char c) { return c < 0x80 && std::isalnum(c) != 0; };
    const bool usable = response.ok() && !response.body.empty() && response.body.size() <= 64 &&
                        std::ranges::all_of(response.body, is_word);
    return usable ? response.body : public_cloud;
}

struct Answer {
    Identity identity;
    bool again = false;                ///< worth asking again
    std::optional<Seconds> wait = {};  ///< Retry-After
};

Answer unreachable(std::string detail, bool again) {
    return {{Kind::unreachable, std::move(detail), {}}, again, {}};
}

Answer classify_success(const HttpResponse& response) {
    std::string error;
    const auto json = Json::parse(response.body, error);
    const auto token = json ? json->string("/access_token") : std::nullopt;
    if (!token || token->empty()) {
        return unreachable("its address was answered by something that is not IMDS", false);
    }
    const Identity identity = identity_of_token(*token);
    return {identity, identity.missing(), {}};
}

/// "none" and "several user-assigned ones" are both 400 invalid_request; the description may change
/// and only colours the detail.
Answer classify_refusal(const HttpResponse& response) {
    std::string error;
    const auto json = Json::parse(response.body, error);
    const auto text = [&](const char* pointer) {
        return json ? json->string(pointer).value_or("") : std::string();
    };
    const std::string description = text("/error_description");
    const std::string shown =
        one_line(scrub(description.empty() ? text("/error") : description), 200);
    const std::string detail = shown.empty()
                                   ? fmt::format("IMDS answered {}", response.status)
                                   : fmt::format("IMDS answered {} \"{}\"", response.status, shown);
    if (response.status != 400 || text("/error") != "invalid_request") {
        return unreachable(detail, false);
    }
    const bool several =
        description.find("Multiple user assigned identities exist") != std::string::npos;
    return {{several ? Kind::user_assigned_only : Kind::none, detail, {}}, true, {}};
}

Answer classify(const HttpResponse& response, const Clock& clock) {
    if (response.failure != HttpResponse::Failure::none) {
        return unreachable(
            fmt::format("IMDS did not answer: {}", one_line(scrub(response.detail), 200)), true);
    }
    const long status = response.status;
    if (status == 200) {
        return classify_success(response);
    }
    if (status == 404 || status == 410 || status == 429 || status >= 500) {
        Answer answer = unreachable(fmt::format("IMDS answered {}", status), true);
        answer.wait = retry_after(response, clock);
        return answer;
    }
    return classify_refusal(response);
}

/// How long to go on with answers of one sort: from the first of them until the budget is used up.
class Budget {
  public:
    Budget(const Clock& clock, Seconds total) : clock_(clock), total_(total) {}

    Milliseconds left() {
        if (!start_) {
            start_ = clock_.now();
        }
        const auto passed = std::chrono::duration_cast<Milliseconds>(clock_.now() - *start_);
        return std::max(Milliseconds(0), Milliseconds(total_) - passed);
    }

  private:
    const Clock& clock_;
    Seconds total_;
    std::optional<std::chrono::steady_clock::time_point> start_;
};

}  // namespace

IdentityPatience identity_patience(Seconds uptime, bool package_in_place) {
    return {uptime < std::chrono::minutes(10) ? Seconds{120} : Seconds{20},
            package_in_place ? Seconds{10} : outlast_update};
}

Identity ask_identity(World& world, const Deadline& deadline, const IdentityPatience& patience) {
    Identity last{Kind::unreachable, "there was no time left to ask IMDS", public_cloud};
    if (deadline.reached() || world.processes.interrupted()) {
        return last;
    }
    const std::string cloud = last.cloud = ask_cloud(world, deadline);
    const std::string url = fmt::format(
        "{}/identity/oauth2/token?api-version=2018-02-01&resource={}", imds, audience_of(cloud));
    Budget missing(world.clock, patience.missing_again);
    Budget silent(world.clock, patience.unreachable_again);
    std::size_t failures = 0;
    while (!deadline.reached() && !world.processes.interrupted()) {
        const Answer answer =
            classify(world.http.get(request_for(url, Seconds{10}, deadline)), world.clock);
        last = answer.identity;
        last.cloud = cloud;
        if (!answer.again) {
            break;
        }
        const bool is_missing = last.missing();
        Milliseconds pause = missing_pause;
        if (!is_missing) {
            const Seconds usual =
                unreachable_pauses[std::min(failures++, unreachable_pauses.size() - 1)];
            pause = std::max(usual, answer.wait.value_or(usual));
        }
        if (pause > std::min((is_missing ? missing : silent).left(), deadline.left())) {
            break;
        }
        world.clock.sleep(pause);
    }
    return last;
}

}  // namespace aadssh
