// SPDX-License-Identifier: MIT
#include "handler/sys/real_http.hpp"

#include "handler/sys/seen_tls.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>
#include <utility>

namespace aadssh {
namespace {

using Reason = HttpResponse::Failure;

constexpr std::size_t header_cap = 64U << 10U;

struct FailureRow {
    CURLcode code;
    Reason reason;
};

constexpr auto failures = std::to_array<FailureRow>({
    {CURLE_COULDNT_RESOLVE_HOST, Reason::name_lookup},
    {CURLE_COULDNT_RESOLVE_PROXY, Reason::proxy_unreachable},
    {CURLE_PROXY, Reason::proxy},
    {CURLE_COULDNT_CONNECT, Reason::connect},
    {CURLE_OPERATION_TIMEDOUT, Reason::timed_out},
    {CURLE_SSL_CONNECT_ERROR, Reason::tls},
    {CURLE_PEER_FAILED_VERIFICATION, Reason::tls},
    {CURLE_SSL_CACERT_BADFILE, Reason::tls},
    {CURLE_SSL_CERTPROBLEM, Reason::tls},
    {CURLE_SSL_CIPHER, Reason::tls},
    {CURLE_SSL_ISSUER_ERROR, Reason::tls},
    {CURLE_PARTIAL_FILE, Reason::cut_off},
    {CURLE_GOT_NOTHING, Reason::cut_off},
    {CURLE_RECV_ERROR, Reason::cut_off},
    {CURLE_SEND_ERROR, Reason::cut_off},
});

/// One request on its way.
struct Transfer {
    const HttpRequest& request;
    const StopFlag& stop;
    HttpResponse response{};
    std::size_t header_bytes = 0;
    bool too_big = false;
    SeenTls tls{};
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::size_t length = size * count;
    if (transfer.response.body.size() + length > transfer.request.body_cap) {
        transfer.too_big = true;
        return 0;  // ends the transfer
    }
    transfer.response.body.append(bytes, length);
    return length;
}

std::string trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t\r\n");
    const auto end = text.find_last_not_of(" \t\r\n");
    return std::string(begin == text.npos ? "" : text.substr(begin, end - begin + 1));
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::string_view line(bytes, size * count);
    transfer.header_bytes += line.size();
    if (transfer.header_bytes > header_cap) {
        transfer.too_big = true;
        return 0;
    }
    if (line.starts_with("HTTP/")) {
        transfer.response.headers.clear();  // what came before was "100 Continue" or the like
    }
    const auto colon = line.find(':');
    if (colon != line.npos) {
        std::string name = trimmed(line.substr(0, colon));
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        transfer.response.headers[name] = trimmed(line.substr(colon + 1));
    }
    return line.size();
}

/// Called about once a second; anything but 0 ends the transfer.
int look_at_stop(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(user)->stop.raised() ? 1 : 0;
}

/// What stands before the last '@' of a URL: nothing that anybody should see.
void hide_credentials(std::string& text, const std::string& url) {
    const auto scheme = url.find("://");
    const auto begin = scheme == url.npos ? 0 : scheme + 3;
    const auto at = url.rfind('@');
    if (at == url.npos || at <= begin) {
        return;
    }
    const std::string secret = url.substr(begin, at - begin);
    for (auto found = text.find(secret); found != text.npos; found = text.find(secret, found + 3)) {
        text.replace(found, secret.size(), "***");
    }
}

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

void set_limits(CURL* easy, const HttpRequest& request) {
    // libcurl takes 0 for "no limit"; for us it is what is left at the deadline.
    const auto at_least_one = [](std::chrono::milliseconds limit) {
        return std::max(1L, static_cast<long>(limit.count()));
    };
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, at_least_one(request.connect_limit));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, at_least_one(request.limit));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // Without it, a resolver thread that waits for a dead DNS server keeps us beyond the limit.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
}

/// Both options are always set: libcurl reads the environment for what is not.
void set_proxy(CURL* easy, const HttpRequest& request) {
    curl_easy_setopt(easy, CURLOPT_PROXY, request.direct ? "" : request.proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_NOPROXY, request.direct ? "*" : request.no_proxy.c_str());
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void set_callbacks(CURL* easy, Transfer& transfer) {
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, look_at_stop);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
}

List header_list(const HttpRequest& request) {
    curl_slist* list = nullptr;
    for (const auto& [name, value] : request.headers) {
        list = curl_slist_append(list, fmt::format("{}: {}", name, value).c_str());
    }
    return {list, curl_slist_free_all};
}

bool done(CURL* easy, CURLINFO time) {
    curl_off_t microseconds = 0;
    curl_easy_getinfo(easy, time, &microseconds);
    return microseconds > 0;
}

Reason reason_of(CURLcode code, CURL* easy, const Transfer& transfer) {
    long status = 0;
    long connect_status = 0;  // the proxy's answer to CONNECT
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
    const bool with_proxy = !transfer.request.direct && !transfer.request.proxy.empty();
    if (transfer.too_big) {
        return Reason::too_big;
    }
    if (with_proxy && (status == 407 || connect_status >= 300)) {
        return Reason::proxy;
    }
    if (code == CURLE_OK) {
        return Reason::none;
    }
    if (with_proxy && code == CURLE_COULDNT_CONNECT) {
        return Reason::proxy_unreachable;
    }
    const auto* row = std::ranges::find(failures, code, &FailureRow::code);
    return row == failures.end() ? Reason::other : row->reason;
}

/// How far a request came until its time was up. CURLINFO_CONNECT_TIME_T stays 0 during the TLS
/// handshake in some versions of libcurl.
std::string_view stage(CURL* easy, const Transfer& transfer) {
    if (!done(easy, CURLINFO_NAMELOOKUP_TIME_T)) {
        return "no name server answered";
    }
    if (transfer.tls.begun && !done(easy, CURLINFO_APPCONNECT_TIME_T)) {
        return "a connection was made, but the TLS handshake did not end";
    }
    if (!done(easy, CURLINFO_CONNECT_TIME_T)) {
        return "no connection was made";
    }
    return "a connection was made, but the answer did not end";
}

/// A response that says nothing but why there is none.
HttpResponse failed(Reason reason,
                    CURLcode code,
                    std::string_view words,
                    const Transfer& transfer) {
    HttpResponse response;
    response.failure = reason;
    if (transfer.too_big) {
        response.detail = "the answer is larger than " + std::to_string(transfer.request.body_cap) +
                          " bytes or has too long a header";
    } else if (transfer.stop.raised()) {
        response.detail = "interrupted";
    } else if (code == CURLE_OK) {
        response.detail = "the proxy wants a user name and password (407)";
    } else {
        response.detail = words.empty() ? curl_easy_strerror(code) : trimmed(words);
    }
    hide_credentials(response.detail, transfer.request.proxy);
    hide_credentials(response.detail, transfer.request.url);
    return response;
}

}  // namespace

RealHttp::RealHttp(const Files& files, const Variables& environment, const StopFlag& stop)
    : files_(files), stop_(stop) {
    // The host's openssl.cnf is written for the host's OpenSSL, which is not the one in us.
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const auto value = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? std::string() : found->second;
    };
    certificate_file_ = value("SSL_CERT_FILE");
    certificate_folder_ = value("SSL_CERT_DIR");
}

HttpResponse RealHttp::get(const HttpRequest& request) {
    Transfer transfer{request, stop_};
    const Easy easy(curl_easy_init(), curl_easy_cleanup);
    const List headers = header_list(request);
    std::array<char, CURL_ERROR_SIZE> words{};
    curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, words.data());
    curl_easy_setopt(easy.get(), CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy.get(), CURLOPT_USERAGENT, "aadssh-handler");
    curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, headers.get());
    set_limits(easy.get(), request);
    set_proxy(easy.get(), request);
    set_callbacks(easy.get(), transfer);
    watch_tls(easy.get(), transfer.tls);

    const bool named = !certificate_file_.empty() || !certificate_folder_.empty();
    const std::string file = named ? certificate_file_ : find_ca_bundle(files_);
    curl_easy_setopt(easy.get(), CURLOPT_CAINFO, file.empty() ? nullptr : file.c_str());
    curl_easy_setopt(easy.get(),
                     CURLOPT_CAPATH,
                     certificate_folder_.empty() ? nullptr : certificate_folder_.c_str());

    const CURLcode code = curl_easy_perform(easy.get());
    const Reason reason = reason_of(code, easy.get(), transfer);
    if (reason != Reason::none) {
        auto response = failed(reason,
                               code,
                               reason == Reason::timed_out ? stage(easy.get(), transfer)
                                                           : std::string_view(words.data()),
                               transfer);
        response.issuer = reason == Reason::tls ? transfer.tls.refused_issuer : "";
        return response;
    }
    curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &transfer.response.status);
    return std::move(transfer.response);
}

}  // namespace aadssh
