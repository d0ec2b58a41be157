// SPDX-License-Identifier: MIT
#include "handler/sys/real_clock.hpp"
#include "handler/sys/real_http.hpp"
#include "tests/fakes/files.hpp"
#include "tests/fakes/loopback_server.hpp"
#include "tests/fakes/tls_server.hpp"

#include <doctest/doctest.h>

#include <sys/socket.h>

#include <cstdlib>

using namespace aadssh;
using namespace std::chrono_literals;
using Reason = HttpResponse::Failure;

namespace {

HttpResponse get(const HttpRequest& request, const Variables& environment = {}) {
    const FakeFiles files;
    const StopFlag stop;
    return RealHttp(files, environment, stop).get(request);
}

HttpRequest direct(const std::string& url) {
    HttpRequest request;
    request.url = url;
    request.direct = true;
    request.limit = 20s;
    return request;
}

HttpRequest through(const std::string& proxy, const std::string& url) {
    HttpRequest request = direct(url);
    request.direct = false;
    request.proxy = proxy;
    return request;
}

LoopbackServer::Answer always(const std::string& answer) {
    return [answer](const std::string&) { return answer; };
}

}  // namespace

TEST_CASE("GET brings status, body and headers in lower case") {
    const LoopbackServer server(
        always("HTTP/1.1 404 Not Found\r\nX-Thing: one \r\nContent-Length: 5\r\n\r\nhello"));
    HttpRequest request = direct(server.url("/metadata?api-version=1"));
    request.headers["Metadata"] = "true";
    const HttpResponse response = get(request);
    CHECK(response.failure == Reason::none);
    CHECK(response.status == 404);
    CHECK(response.body == "hello");
    CHECK(response.headers.at("x-thing") == "one");
    CHECK(response.detail.empty());
    CHECK_FALSE(response.ok());
    REQUIRE(server.requests().size() == 1);
    const std::string head = server.requests()[0];
    CHECK(head.starts_with("GET /metadata?api-version=1 HTTP/1.1\r\n"));
    CHECK(head.find("\r\nMetadata: true\r\n") != std::string::npos);
    CHECK(head.find("\r\nUser-Agent: aadssh-handler\r\n") != std::string::npos);
}

TEST_CASE("redirects are not followed") {
    const LoopbackServer server(
        always("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"));
    const HttpResponse response = get(direct(server.url("/")));
    CHECK(response.status == 302);
    CHECK(response.headers.at("location") == "/elsewhere");
    CHECK(server.requests().size() == 1);
}

TEST_CASE("a body up to the cap is taken, one byte more is too big") {
    const LoopbackServer server(
        always("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + std::string(100, 'x')));
    HttpRequest request = direct(server.url("/"));
    request.body_cap = 100;
    CHECK(get(request).ok());
    CHECK(get(request).body.size() == 100);
    request.body_cap = 99;
    const HttpResponse response = get(request);
    CHECK(response.failure == Reason::too_big);
    CHECK(response.body.empty());
    CHECK(response.status == 0);
    CHECK(response.detail.find("99 bytes") != std::string::npos);
}

TEST_CASE("an endless header is too big") {
    std::string answer = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 3000; ++i) {
        answer +=
            "X-Filler-" + std::to_string(i) + ": 0123456789012345678901234567890123456789\r\n";
    }
    const LoopbackServer server(always(answer + "\r\nhello"));
    CHECK(get(direct(server.url("/"))).failure == Reason::too_big);
}

TEST_CASE("an answer that breaks off is cut off, none at all too") {
    const LoopbackServer half(always("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"));
    const HttpResponse response = get(direct(half.url("/")));
    CHECK(response.failure == Reason::cut_off);
    CHECK(response.body.empty());
    CHECK_FALSE(response.detail.empty());
}

TEST_CASE("silence ends at the limit") {
    const LoopbackServer server(always(""));
    HttpRequest request = direct(server.url("/"));
    request.limit = 200ms;
    const HttpResponse plain = get(request);
    CHECK(plain.failure == Reason::timed_out);
    CHECK(plain.detail == "a connection was made, but the answer did not end");
    request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    CHECK(get(request).failure != Reason::none);
}

TEST_CASE("a TLS handshake that does not end is told from a connection that nobody takes") {
    std::uint16_t port = 0;
    const Descriptor silent = bind_loopback(port);
    REQUIRE(::listen(silent.get(), 8) == 0);  // the kernel takes connections, and nobody answers
    HttpRequest request = direct("https://127.0.0.1:" + std::to_string(port) + "/");
    request.limit = 200ms;
    const HttpResponse response = get(request);
    CHECK(response.failure == Reason::timed_out);
    CHECK(response.detail == "a connection was made, but the TLS handshake did not end");
}

TEST_CASE("a certificate that is not trusted is refused, and its issuer named") {
    const TlsServer server("Example Inspecting Proxy CA");
    const HttpResponse response = get(direct(server.url()));
    CHECK(response.failure == Reason::tls);
    CHECK(response.issuer == "CN=Example Inspecting Proxy CA");
    CHECK(response.detail.find("unable to get local issuer certificate") != std::string::npos);
    // Another failure names none.
    CHECK(get(direct("https://127.0.0.1:" + std::to_string(closed_port()) + "/")).issuer.empty());
}

TEST_CASE("a proxy that takes no connection, or has no known name, is named as the proxy") {
    const std::string nowhere = "http://user:s3cret@127.0.0.1:" + std::to_string(closed_port());
    for (const std::string url : {"http://127.0.0.1:1/", "https://127.0.0.1:1/"}) {
        const HttpResponse response = get(through(nowhere, url));
        CHECK(response.failure == Reason::proxy_unreachable);
        CHECK(response.detail.find("s3cret") == std::string::npos);
    }
    CHECK(get(through("http://" + std::string(64, 'a') + ".invalid:1", "http://127.0.0.1/"))
              .failure == Reason::proxy_unreachable);
}

TEST_CASE("a refused connection and an unknown name are told apart") {
    const HttpResponse refused =
        get(direct("http://127.0.0.1:" + std::to_string(closed_port()) + "/"));
    CHECK(refused.failure == Reason::connect);
    CHECK(refused.detail.find("127.0.0.1") != std::string::npos);
    // A label of 64 letters cannot exist, so that no name server is asked.
    const HttpResponse unknown = get(direct("http://" + std::string(64, 'a') + ".invalid/"));
    CHECK(unknown.failure == Reason::name_lookup);
}

TEST_CASE("only http and https are spoken") {
    CHECK(get(direct("file:///etc/hostname")).failure == Reason::other);
    CHECK(get(direct("ftp://127.0.0.1/")).failure == Reason::other);
    CHECK(get(direct("")).failure == Reason::other);
}

TEST_CASE("a server that does not speak TLS, and a CA bundle that is not there, are TLS failures") {
    const LoopbackServer server(always("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
    CHECK(get(direct(url)).failure == Reason::tls);
    const HttpResponse response = get(direct(url), {{"SSL_CERT_FILE", "/nowhere/bundle.pem"}});
    CHECK(response.failure == Reason::tls);
    CHECK(response.detail.find("/nowhere/bundle.pem") != std::string::npos);
}

TEST_CASE("plain requests go through the proxy, except to hosts that bypass it") {
    const LoopbackServer proxy(always("HTTP/1.1 200 OK\r\n\r\nfrom the proxy"));
    const LoopbackServer server(always("HTTP/1.1 200 OK\r\n\r\nfrom the server"));
    HttpRequest request = through(proxy.url(""), server.url("/"));
    CHECK(get(request).body == "from the proxy");
    REQUIRE(proxy.requests().size() == 1);
    CHECK(proxy.requests()[0].starts_with("GET " + server.url("/") + " HTTP/1.1"));
    request.no_proxy = "example.com,127.0.0.1";
    CHECK(get(request).body == "from the server");
    request.no_proxy = "";
    request.direct = true;
    CHECK(get(request).body == "from the server");
}

TEST_CASE("libcurl never takes a proxy from the environment by itself") {
    const LoopbackServer server(always("HTTP/1.1 200 OK\r\n\r\nserver"));
    const LoopbackServer proxy(always("HTTP/1.1 200 OK\r\n\r\nproxy"));
    const std::string nowhere = "http://127.0.0.1:" + std::to_string(closed_port());
    for (const char* name : {"http_proxy", "ALL_PROXY", "all_proxy"}) {
        ::setenv(name, nowhere.c_str(), 1);
    }
    ::setenv("no_proxy", "*", 1);
    HttpRequest request = direct(server.url("/"));
    CHECK(get(request).body == "server");
    request.direct = false;
    CHECK(get(request).body == "server");
    request.proxy = proxy.url("");
    CHECK(get(request).body == "proxy");
    for (const char* name : {"http_proxy", "ALL_PROXY", "all_proxy", "no_proxy"}) {
        ::unsetenv(name);
    }
}

TEST_CASE("a proxy that refuses is the proxy's failure, and its password is not told") {
    const LoopbackServer proxy(always("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"));
    const std::string address = "127.0.0.1:" + std::to_string(proxy.port());
    const HttpResponse refused =
        get(through("http://user:pa%40ss@" + address, "https://example.com/"));
    CHECK(refused.failure == Reason::proxy);
    CHECK(refused.detail.find("403") != std::string::npos);
    REQUIRE(proxy.requests().size() == 1);
    CHECK(proxy.requests()[0].find("Proxy-Authorization: Basic ") != std::string::npos);

    const LoopbackServer asks(
        always("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"));
    CHECK(get(through(asks.url(""), "http://example.com/")).failure == Reason::proxy);

    const HttpResponse bad =
        get(through("gopher://user:s3cret@127.0.0.1:1", "http://127.0.0.1:1/"));
    CHECK(bad.failure != Reason::none);
    CHECK(bad.detail.find("gopher://***@127.0.0.1") != std::string::npos);
}

TEST_CASE("a raised stop flag ends a request") {
    const LoopbackServer server(always(""));
    const FakeFiles files;
    StopFlag stop;
    stop.raise();
    RealHttp http(files, {}, stop);
    const HttpResponse response = http.get(direct(server.url("/")));
    CHECK(response.failure == Reason::other);
    CHECK(response.detail == "interrupted");
}

TEST_CASE("the CA bundle is the first of the usual places that has something in it") {
    FakeFiles files;
    CHECK(find_ca_bundle(files).empty());
    files.add("/etc/ssl/cert.pem", "x");
    CHECK(find_ca_bundle(files) == "/etc/ssl/cert.pem");
    files.add("/etc/pki/tls/certs/ca-bundle.crt", "x");
    files.add("/etc/ssl/certs/ca-certificates.crt", "");
    CHECK(find_ca_bundle(files) == "/etc/pki/tls/certs/ca-bundle.crt");
    files.add("/etc/ssl/certs/ca-certificates.crt", "x");
    CHECK(find_ca_bundle(files) == "/etc/ssl/certs/ca-certificates.crt");
}
