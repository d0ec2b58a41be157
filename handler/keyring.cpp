// SPDX-License-Identifier: MIT
#include "handler/keyring.hpp"

#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/patient_get.hpp"
#include "handler/repository_probe.hpp"
#include "installers/openpgp.hpp"
#include "installers/openpgp_armour.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aadssh {
namespace {

constexpr std::size_t key_file_limit = 256UL * 1024;

/// Adds the file's packets to `keyring` if every primary key in it is accepted.
void add_keys(std::string& keyring,
              const std::string& text,
              const std::string& from,
              const WriteKeyring& step) {
    const auto keys = read_key_file(text);
    if (!keys.error.empty()) {
        throw Failure(
            ExitCode::signature_refused,
            Phase::repository,
            fmt::format("the signing key {} is refused", from),
            "it is not a file of OpenPGP public keys: " + keys.error,
            "see that the address serves the key itself, not a page of a proxy or firewall");
    }
    for (const auto& fingerprint : keys.primary) {
        if (std::ranges::find(step.accepted, fingerprint) == step.accepted.end()) {
            throw Failure(
                ExitCode::signature_refused,
                Phase::repository,
                fmt::format("the signing key {} is refused", from),
                fmt::format("it holds the key {}, which is not accepted; accepted are {}",
                            fingerprint,
                            fmt::join(step.accepted, ", ")),
                "if you trust that key, add its fingerprint to the setting repository.signingKeys");
        }
        log_info(fmt::format("key {} accepted, from {}", fingerprint, from));
    }
    if (!step.armoured) {
        keyring += keys.binary;
        return;
    }
    for (const auto& key : keys.keys) {
        keyring += add_armour(key);  // of a block with several keys older rpms take the first only
    }
}

std::string fetch(RunContext& run, const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.proxy = run.proxies.for_url(url);
    request.no_proxy = run.proxies.bypass;
    request.body_cap = key_file_limit;
    auto response = get_patiently(run.world, request, run.deadline);
    if (!response.ok() && run.world.processes.interrupted()) {
        throw asked_to_end("the signing key was fetched");
    }
    if (!response.ok()) {
        auto remedy = http_remedy(response);
        if (remedy.empty()) {
            remedy = fmt::format(
                "see that {} is where the key lies (the setting "
                "repository.keyUrl) and allow HTTPS from this VM to that host, or "
                "name a proxy in the setting proxy.url or in the variable "
                "https_proxy of the agent's service, then run the extension again",
                url);
        }
        throw Failure(ExitCode::repository_unreachable,
                      Phase::repository,
                      fmt::format("the signing key {} cannot be fetched", url),
                      describe_http(url, response, request.proxy),
                      remedy);
    }
    return response.body;
}

}  // namespace

std::string make_keyring(RunContext& run, const WriteKeyring& step) {
    std::string keyring;
    for (const auto& name : step.shipped) {
        const auto path = fmt::format("{}/keys/{}", run.world.own_folder, name);
        const auto file = run.world.files.read(path, key_file_limit);
        if (!file.ok()) {
            throw Failure(ExitCode::internal_error,
                          Phase::repository,
                          fmt::format("the extension's own key file {} cannot be read", path),
                          file.why.empty() ? "it is not there" : file.why,
                          "delete the extension and install it again");
        }
        add_keys(keyring, file.text, path, step);
    }
    if (!step.url.empty()) {
        add_keys(keyring, fetch(run, step.url), step.url, step);
    }
    return keyring;
}

bool holds_withdrawn_key(const World& world, const WriteKeyring& step) {
    const auto keys = read_key_file(world.files.read(step.path, key_file_limit).text).primary;
    return std::ranges::any_of(keys, [&](const Fingerprint& key) {
        return std::ranges::find(step.accepted, key) == step.accepted.end();
    });
}

}  // namespace aadssh
