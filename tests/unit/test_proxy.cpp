// SPDX-License-Identifier: MIT
#include "handler/proxy.hpp"

#include <doctest/doctest.h>

namespace aadssh {
namespace {

const std::string repository = "https://packages.microsoft.com/debian/12/prod";

TEST_CASE("proxy: none without variables") {
    const ProxySettings none = read_proxies({{"PATH", "/bin"}});
    CHECK(none.http == "");
    CHECK(none.https == "");
    CHECK(none.source == "");
    CHECK(none.for_url(repository) == "");
    CHECK(none.variables().empty());
}

TEST_CASE("proxy: lower case wins, upper case is honoured") {
    const ProxySettings both =
        read_proxies({{"https_proxy", "http://low:1"}, {"HTTPS_PROXY", "http://up:1"}});
    CHECK(both.https == "http://low:1");
    CHECK(both.source == "the variable https_proxy");
    const ProxySettings upper = read_proxies(
        {{"HTTP_PROXY", "http://plain:1"}, {"HTTPS_PROXY", "http://up:1"}, {"NO_PROXY", "a.b"}});
    CHECK(upper.http == "http://plain:1");
    CHECK(upper.https == "http://up:1");
    CHECK(upper.bypass == "a.b");
    CHECK(upper.source == "the variable HTTPS_PROXY");
}

TEST_CASE(
    "proxy: the one for http is used for https too, as apt does, but not the other way round") {
    const ProxySettings plain = read_proxies({{"http_proxy", "http://plain:1"}});
    CHECK(plain.for_url(repository) == "http://plain:1");
    CHECK(plain.source == "the variable http_proxy");
    const ProxySettings secure = read_proxies({{"https_proxy", "http://secure:1"}});
    CHECK(secure.for_url("http://example.com/") == "");
    CHECK(secure.for_url("HTTPS://example.com/") == "http://secure:1");
}

TEST_CASE("proxy: values are brought into one form") {
    const auto normal = [](const std::string& value) {
        return read_proxies({{"https_proxy", value}}).https;
    };
    CHECK(normal("proxy:3128") == "http://proxy:3128");
    CHECK(normal("joe:se%40cret@proxy:3128") == "http://joe:se%40cret@proxy:3128");
    CHECK(normal("http://joe:it's@proxy") == "http://joe:it's@proxy");
    CHECK(normal(" http://proxy:3128/ ") == "http://proxy:3128");
    CHECK(normal("HTTP://Proxy") == "http://Proxy");
    CHECK(normal("https://proxy") == "https://proxy");
    CHECK(normal("socks5h://proxy:1080") == "socks5h://proxy:1080");
    CHECK(normal("http://[fe80::1]:3128") == "http://[fe80::1]:3128");
    CHECK(normal("127.0.0.1:8080") == "http://127.0.0.1:8080");
}

TEST_CASE("proxy: blank and malformed values are passed over") {
    for (const std::string value : {"",
                                    "  ",
                                    "http://",
                                    "http://:3128",
                                    "http:///",
                                    "ftp://proxy",
                                    "proxy:port",
                                    "proxy:123456",
                                    "pro xy:1",
                                    "http://a\nb",
                                    "\"http://proxy:1\"",
                                    "pr\xC3\xB6xy:1",
                                    "://proxy",
                                    "http://joe:secret@"}) {
        CAPTURE(value);
        CHECK(read_proxies({{"https_proxy", value}}).https == "");
    }
    const ProxySettings other = read_proxies({{"https_proxy", " "}, {"HTTPS_PROXY", "up:1"}});
    CHECK(other.https == "http://up:1");
}

TEST_CASE("proxy: no_proxy names hosts, domains and ports") {
    const auto used = [](const std::string& bypass, const std::string& url) {
        return !read_proxies({{"http_proxy", "p:1"}, {"no_proxy", bypass}}).for_url(url).empty();
    };
    CHECK_FALSE(used("*", repository));
    CHECK_FALSE(used("packages.microsoft.com", repository));
    CHECK_FALSE(used("a.b, .microsoft.com", repository));
    CHECK_FALSE(used("a.b microsoft.com", repository));
    CHECK_FALSE(used("MICROSOFT.com", repository));
    CHECK_FALSE(used("packages.microsoft.com:443", repository));
    CHECK(used("packages.microsoft.com:80", repository));
    CHECK(used("crosoft.com", repository));
    CHECK(used("microsoft.com.evil", repository));
    CHECK(used(",, ,.", repository));
    CHECK_FALSE(used("127.0.0.1", "http://127.0.0.1:8080/x"));
    CHECK_FALSE(used("[::1]", "http://[::1]:8080/x"));
    CHECK_FALSE(used("::1", "http://[::1]/x"));
    CHECK_FALSE(used("host", "http://joe:pw@host/x"));
}

TEST_CASE("proxy: children get what is set, in lower case") {
    const Variables variables =
        read_proxies({{"HTTP_PROXY", "p:1"}, {"NO_PROXY", " a.b,c "}}).variables();
    CHECK(variables == Variables{{"http_proxy", "http://p:1"},
                                 {"https_proxy", "http://p:1"},
                                 {"no_proxy", "a.b,c"}});
    CHECK(read_proxies({{"no_proxy", "a"}}).variables() == Variables{{"no_proxy", "a"}});
}

}  // namespace
}  // namespace aadssh
