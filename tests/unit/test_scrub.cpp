// SPDX-License-Identifier: MIT
#include "handler/scrub.hpp"
#include "handler/utf8.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>

namespace aadssh {
namespace {

const std::string web_token =
    "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRwczovL21hbmFnZW1lbnQifQ.c2lnbmF0dXJl-_X";

struct Example {
    std::string text;
    std::string expected;
};

TEST_CASE("scrub: secrets give way to ***") {
    const std::array<Example, 67> examples{{
        {"http://joe:secret@proxy:3128/", "http://***@proxy:3128/"},
        {"http://secret@proxy", "http://***@proxy"},
        {"HTTPS://joe:s%40@p:1 and http://a:b@c.", "HTTPS://***@p:1 and http://***@c."},
        {"http://joe:se@cret@proxy/x", "http://***@proxy/x"},
        {"http://joe:se/cr?et#1@proxy:3128", "http://***@proxy:3128"},
        {"http://joe:s/e@c***r@et@proxy", "http://***@proxy"},
        {"http://joe:it's\"<se>@proxy/", "http://***@proxy/"},
        {"http_proxy='http://joe:secret@[::1]:8080'", "http_proxy='http://***@[::1]:8080'"},
        {"Authorization: Bearer " + web_token, "Authorization: ***"},
        {"> Proxy-Authorization: Basic am9lOnNlY3JldA==\r\n> Host: x",
         "> Proxy-Authorization: ***\r\n> Host: x"},
        {"authorization: Digest username=\"joe\", response=\"6629\"\nnext",
         "authorization: ***\nnext"},
        {R"({"Authorization":"Basic abc=","b":1})", R"({"Authorization":"***","b":1})"},
        {"got bearer abc123.def-4==, fine", "got bearer ***, fine"},
        {"token " + web_token + " end", "token *** end"},
        {"(" + web_token + ")", "(***)"},
        {R"({"access_token":"opaque/secret","expires_in":"86399"})",
         R"({"access_token":"***","expires_in":"86399"})"},
        {R"({ "access_token" : "a\"b" , "x":1})", R"({ "access_token" : "***" , "x":1})"},
        {R"("{\"access_token\":\"secret\",\"x\":1}")", R"("{\"access_token\":\"***\",\"x\":1}")"},
        {"token=Authorization=&x", "token=***"},
        {"refresh_token=abc&grant=x", "refresh_token=***&grant=x"},
        {"x_access_token = abc; y", "x_access_token = ***; y"},
        {"password=abc, next", "password=***, next"},
        {"password: 'a b c' next", "password: '***' next"},
        {"DefaultEndpointsProtocol=https;AccountKey=abc+/==;x",
         "DefaultEndpointsProtocol=https;AccountKey=***;x"},
        {"https://a.blob/c?sv=1&sig=ab%2Bc%3D&se=2", "https://a.blob/c?sv=1&sig=***&se=2"},
        {"https://a.blob/c?sig=abc", "https://a.blob/c?sig=***"},
        {"a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- b", "a *** b"},
        {"-----BEGIN PRIVATE KEY-----\nMIIE and cut", "***"},
        {"x-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nxx\n-----END PGP PRIVATE KEY BLOCK-----",
         "x***"},
        {"password=a-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----b c",
         "password=*** c"},
        {"Bearer 1-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "Bearer 1***"},
        {R"("private_key":"-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n")",
         R"("private_key":"***\n")"},
        {"password=\"never closed\nnext", "password=\"***\nnext"},
        {"access_token=" + web_token + "&x=1", "access_token=***&x=1"},
        {"client_secret:abc", "client_secret:***"},
        {"sharedaccesskey=abc", "sharedaccesskey=***"},
        {"id_token=abc\"", "id_token=***\""},
        {"token: abc", "token: ***"},
        {"X-Auth-Token: abc", "X-Auth-Token: ***"},
        {R"({"accessToken":"abc","x":1})", R"({"accessToken":"***","x":1})"},
        {"HTTPToken=abc", "HTTPToken=***"},
        {"clientSecret=abc", "clientSecret=***"},
        {"secret = abc", "secret = ***"},
        {"proxyPassword=abc", "proxyPassword=***"},
        {"Uid=joe;Pwd=abc;x", "Uid=joe;Pwd=***;x"},
        {"passwd=abc", "passwd=***"},
        {R"({"passwd": "abc"})", R"({"passwd": "***"})"},
        {R"({"sig":"abc"})", R"({"sig":"***"})"},
        {"passphrase: 'a b'", "passphrase: '***'"},
        {"storageAccountKey=abc+/==;x", "storageAccountKey=***;x"},
        {"proxy=joe:secret@proxy.example:3128", "proxy=***@proxy.example:3128"},
        {"(joe:secret@10.0.0.4:8080)", "(***@10.0.0.4:8080)"},
        {"via joe:se@cr:et@[::1]:8080.", "via ***@[::1]:8080."},
        {"joe@example.com:secret@proxy:1", "***@proxy:1"},
        {"DOMAIN\\joe:secret@proxy:1", "DOMAIN\\***@proxy:1"},
        {"http_proxy='joe:secret@proxy'", "http_proxy='***@proxy'"},
        {"Acquire::http::Proxy \"joe:secret@proxy\";", "Acquire::http::Proxy \"***@proxy\";"},
        {R"({"httpsProxy": "joe:secret@proxy"})", R"({"httpsProxy": "***@proxy"})"},
        {"bearer https_proxy=joe:secret@proxy", "bearer https_proxy=***@proxy"},
        {"a:b@c,sig=/x;y@proxy:1", "a:b@c,sig=***;y@proxy:1"},
        {"joe:secret@proxy:1;pwd:b@c", "***@proxy:1;pwd:***"},
        {"x.token:se@cret:12", "x.token:***"},
        {"passwd:secret@proxy:1", "***@proxy:1"},
        {"it says\nMIIE\nAB+/==\n-----END PRIVATE KEY-----\ny", "it says\n***\ny"},
        {"MIIE-----END PRIVATE KEY-----", "***"},
        {"joe:secret@proxy:1\r\n\r\nMIIE\r\n-----END RSA PRIVATE KEY-----",
         "***@proxy:1\r\n\r\n***"},
        {"a b-----END PRIVATE KEY-----", "a b***"},
    }};
    for (const Example& example : examples) {
        CAPTURE(example.text);
        CHECK(scrub(example.text) == example.expected);
        CHECK(scrub(example.expected) == example.expected);
    }
}

TEST_CASE("scrub: a secret behind the beginning of another is found, too") {
    const std::string secret = "Ab12Cd34Ef56";
    const std::string key = "-----BEGIN PRIVATE KEY-----\n";
    const std::array<std::string, 11> texts{
        "Bearer access_token=" + secret,
        "bearer client_secret: " + secret,
        "bearer client_secret= " + secret,
        "password= Bearer " + secret,
        "password= Authorization: Basic " + secret,
        "access_token= x_password: '" + secret + "'",
        "sig= refresh_token= client_assertion: " + secret,
        "://a:b/token=\" " + secret + "\"@c",
        "password=\"never closed\\\naccess_token: \"" + secret + "\"",
        key + "MIIE\n-----END \n" + key + secret + "\n-----END PRIVATE KEY-----",
        key + "MIIE\n-----END" + key + secret,
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        const std::string once = scrub(text);
        CHECK(once.find(secret) == std::string::npos);
        CHECK(scrub(once) == once);
    }
}

TEST_CASE("scrub: everything else stays byte for byte") {
    const std::array<std::string, 35> texts{
        "",
        "E: Unable to locate package aadsshlogin",
        "https://packages.microsoft.com/debian/12/prod dists/bookworm",
        "http://proxy:3128 is the proxy; mail me@example.com",
        "http://proxy:3128/a@b",
        "http://[fe80::1]/a@b",
        "https://password:443/x",
        "joe@host:22",
        "scp joe@host:file /x; joe@host:22/x",
        "mailto:me@example.com, To:me@example.com",
        "12:30:05@host, 2026-11-28T19:13:00Z@host",
        "main.cpp:12@abc1234",
        "image:1.0@sha256:0123456789abcdef",
        "pkg:deb/debian/curl@7.88.1, libc6:amd64@2.36",
        "aadsshlogin-0:1.0.0-1.x86_64@System",
        "sshd@3-10.0.0.4:22-10.0.0.5:50000.service",
        "the proxy proxy.example:3128 refused; proxy: joe@example.com",
        "passwd:         files systemd aad",
        "/etc/passwd: No such file",
        "an unexpected token, no secret key, tokens=3",
        "the word token: \nand a secret.",
        "mytoken=1 nosecret=2",
        "Password-Type: Primary\nPassword:\n\t[success=end default=ignore]\tpam_aad.so",
        "gpgv: Good sig: 1, sig :::4",
        "bearer authentication failed; Bearer token missing; bearer",
        "the access_token is missing",
        "password",
        "authorization",
        "eyJshort.x and eyJ",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "-----BEGIN PGP PUBLIC KEY BLOCK-----",
        "MIIE\n-----END CERTIFICATE-----",
        "signature=1 design=2 config=3",
        "password=",
        std::string("a\0b\xFF\xC3", 5),
    };
    for (const std::string& text : texts) {
        CAPTURE(text);
        CHECK(scrub(text) == text);
    }
}

/// Pieces that patterns begin, end and go wrong with, in any order.
std::string random_text(std::mt19937& random) {
    static const std::array<std::string_view, 48> pieces{"://",
                                                         "@",
                                                         ":",
                                                         "/",
                                                         "?",
                                                         "#",
                                                         "http",
                                                         "[",
                                                         "]",
                                                         " ",
                                                         "\n",
                                                         "\"",
                                                         "'",
                                                         "\\",
                                                         "\\\"",
                                                         "=",
                                                         "&",
                                                         ",",
                                                         "***",
                                                         "sig",
                                                         "password",
                                                         "access_token",
                                                         "proxy",
                                                         "joe:",
                                                         "@h:1",
                                                         "3128",
                                                         "Authorization",
                                                         "Bearer",
                                                         "bearer ",
                                                         "eyJ",
                                                         "eyJhbGciOiJSUzI1NiJ9",
                                                         ".",
                                                         "-",
                                                         "_",
                                                         "+",
                                                         "~",
                                                         "abc",
                                                         "12345678",
                                                         "-----BEGIN ",
                                                         "-----BEGIN PRIVATE KEY-----",
                                                         "-----END PRIVATE KEY-----",
                                                         "-----END ",
                                                         "-----",
                                                         "PRIVATE KEY",
                                                         "\xC3",
                                                         "\xA9",
                                                         "\r",
                                                         ";"};
    std::string text;
    for (auto count = random() % 24; count > 0; --count) {
        text += pieces[random() % pieces.size()];
    }
    return text;
}

TEST_CASE("scrub: twice is the same as once") {
    std::mt19937 random(1);
    for (int round = 0; round < 40'000; ++round) {
        const std::string text = random_text(random);
        const std::string once = scrub(text);
        if (scrub(once) != once) {
            CAPTURE(text);
            CHECK(scrub(once) == once);
        }
    }
}

TEST_CASE("scrub: a megabyte of anything takes no more than linear time") {
    for (const std::string piece : {"://",
                                    "://a:b",
                                    "://a:b/",
                                    "://a:b/***",
                                    "://a:b/***@",
                                    "eyJ-",
                                    "eyJ.",
                                    "-----BEGIN ",
                                    "-----BEGIN PRIVATE KEY",
                                    "-----BEGIN PRIVATE KEY----------END ",
                                    "password=",
                                    "password=\"",
                                    "password= ",
                                    "bearer password:",
                                    "bearer ",
                                    "bearer a1/",
                                    "access_token\\",
                                    "://-----BEGIN PRIVATE KEY",
                                    "a:",
                                    "a.",
                                    "a:a@",
                                    "a@a:",
                                    "a:a@a:1",
                                    "proxy:",
                                    "a_",
                                    "-----END PRIVATE KEY-----",
                                    "a -----END PRIVATE KEY-----",
                                    "sig=-----BEGIN PRIVATE KEY",
                                    "\\",
                                    "a"}) {
        std::string text;
        while (text.size() < 1024UL * 1024) {
            text += piece;
        }
        CAPTURE(piece);
        CHECK_FALSE(scrub(text).empty());  // quadratic time would be minutes here
    }
}

TEST_CASE("printable: valid UTF-8 without control characters") {
    CHECK(printable("a\tb\nc", 100) == "a\tb\nc");
    CHECK(printable("a\x1b[31mb\x7f\rc", 100) == "a [31mb  c");
    CHECK(printable("\xC2\x9B\xC3\xA9", 100) == " \xC3\xA9");
    CHECK(printable("a\xFF", 100) == "a\xEF\xBF\xBD");
    CHECK(printable(std::string_view("a\0b", 3), 100) == "a b");
}

TEST_CASE("printable: cut at a character's edge, never longer than the limit") {
    CHECK(printable("abcdef", 6) == "abcdef");
    CHECK(printable("abcdefg", 6) == "abc\xE2\x80\xA6");
    CHECK(printable("ab\xC3\xA9\xC3\xA9zz", 6) == "ab\xE2\x80\xA6");
    CHECK(printable("abcdef", 2) == "ab");
    CHECK(printable("\xC3\xA9\xC3\xA9", 1) == "");
    CHECK(printable("abcdef", 0) == "");
    std::mt19937 random(2);
    for (int round = 0; round < 5'000; ++round) {
        const std::string text = random_text(random);
        const std::size_t limit = random() % 40;
        const std::string shown = printable(text, limit);
        CHECK(shown.size() <= limit);
        CHECK(valid_utf8(shown) == shown);
    }
}

TEST_CASE("one_line: line breaks and blanks around them become one space") {
    CHECK(one_line("a\n  b \n\n c\td\n", 100) == "a b c d");
    CHECK(one_line("\n\na", 100) == "a");
    CHECK(one_line("a  b", 100) == "a  b");
    CHECK(one_line("a\r\nb", 100) == "a b");
    CHECK(one_line("abc\ndefgh", 7) == "abc \xE2\x80\xA6");
}

}  // namespace
}  // namespace aadssh
