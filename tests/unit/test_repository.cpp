// SPDX-License-Identifier: MIT
#include "installers/repository.hpp"

#include <doctest/doctest.h>

using namespace aadssh;
using Strings = std::vector<std::string>;

namespace {

const Repository noble{
    .url = "https://packages.microsoft.com/ubuntu/24.04/prod",
    .spellings = {"https://packages.microsoft.com/repos/microsoft-ubuntu-noble-prod"},
    .suite = "noble",
};

std::vector<SourceEntry> one_line(const std::string& text) {
    return parse_source_file("/etc/apt/sources.list.d/x.list", text);
}
std::vector<SourceEntry> deb822(const std::string& text) {
    return parse_source_file("/etc/apt/sources.list.d/x.sources", text);
}
bool offers(const std::vector<SourceEntry>& entries) {
    return find_source(entries, noble, "amd64") != nullptr;
}

}  // namespace

TEST_CASE("one-line sources") {
    const auto entries = one_line(
        "# comment\n"
        "deb http://archive.example.org/ubuntu noble main universe # trailing\n"
        "  deb\t[ arch=amd64,arm64  signed-by=/usr/share/keyrings/k.gpg ] "
        "https://e.example.org/prod/ noble main\r\n"
        "deb-src http://archive.example.org/ubuntu noble main\n"
        "#deb http://off.example.org/ubuntu noble main\n"
        "deb [trusted=yes#x] http://t.example.org/ ./\n"
        "deb http://only-uri.example.org\n"
        "deb [arch=amd64 http://open.example.org noble main\n"
        "debx http://x.example.org noble main\n"
        "deb");
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].uris == Strings{"http://archive.example.org/ubuntu"});
    CHECK(entries[0].suites == Strings{"noble"});
    CHECK(entries[0].components == Strings{"main", "universe"});
    CHECK(entries[0].architectures.empty());
    CHECK(entries[0].text == "deb http://archive.example.org/ubuntu noble main universe\n");
    CHECK(entries[1].architectures == Strings{"amd64", "arm64"});
    CHECK(entries[1].signed_by == "/usr/share/keyrings/k.gpg");
    CHECK(entries[1].file == "/etc/apt/sources.list.d/x.list");
    CHECK_FALSE(entries[1].deb822);
    CHECK(entries[2].suites == Strings{"./"});
    CHECK(entries[2].components.empty());
}

TEST_CASE("deb822 sources") {
    const auto entries = deb822(
        "# comment\n"
        "Types: deb deb-src\n"
        "uris: https://a.example.org/one\n"
        "  https://a.example.org/two\n"
        "Suites: noble noble-updates\n"
        "# inside\n"
        "Components: main\n"
        "ARCHITECTURES: amd64 arm64\n"
        "Signed-By:\n"
        " -----BEGIN PGP PUBLIC KEY BLOCK-----\n"
        " .\n"
        " AAAA\n"
        " -----END PGP PUBLIC KEY BLOCK-----\n"
        "\n"
        "Types: deb-src\nURIs: https://b.example.org\nSuites: noble\nComponents: main\n"
        " \t\n"
        "Enabled: no\nTypes: deb\nURIs: https://c.example.org\nSuites: noble\nComponents: main\n"
        "\n\n"
        "Enabled: yes\nTypes: deb\nURIs: https://d.example.org\nSuites: noble\nComponents: main");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].deb822);
    CHECK(entries[0].uris == Strings{"https://a.example.org/one", "https://a.example.org/two"});
    CHECK(entries[0].suites == Strings{"noble", "noble-updates"});
    CHECK(entries[0].architectures == Strings{"amd64", "arm64"});
    CHECK(entries[0].signed_by.find("AAAA") != std::string::npos);
    CHECK(entries[0].text.starts_with("Types: deb deb-src\n"));
    CHECK(entries[0].text.find("# inside") == std::string::npos);
    CHECK(entries[0].text.ends_with(" -----END PGP PUBLIC KEY BLOCK-----\n"));
    CHECK(entries[1].uris == Strings{"https://d.example.org"});
    CHECK(entries[1].text.ends_with("Components: main\n"));

    // What one file says stands in another file just as well.
    const auto again = deb822(entries[0].text);
    REQUIRE(again.size() == 1);
    CHECK(again[0].text == entries[0].text);
}

TEST_CASE("sources: any bytes") {
    std::string noise;
    for (unsigned i = 0; i < 50000; ++i) {
        noise += static_cast<char>((i * 2654435761U) >> 11U);
    }
    CHECK_NOTHROW(one_line(noise));
    CHECK_NOTHROW(deb822(noise));
    CHECK(one_line("").empty());
    CHECK(deb822(" \n: \n\n :x\n").empty());
    CHECK(deb822(" lonely continuation\nTypes deb\n").empty());
    const std::string entry = "deb http://a.example.org/ noble main\n";
    CHECK(one_line(std::string(1024UL * 1024, '#') + "\n" + entry).empty());
    CHECK(one_line(std::string("deb http://a\0.example.org/ noble main\n", 38)).size() == 1);
}

TEST_CASE("an existing source is found however it is written") {
    const Strings uris = {
        "https://packages.microsoft.com/ubuntu/24.04/prod",
        "https://packages.microsoft.com/ubuntu/24.04/prod/",
        "http://packages.microsoft.com/ubuntu/24.04/prod",
        "HTTPS://Packages.Microsoft.COM/ubuntu/24.04/prod",
        "https://packages.microsoft.com:443/ubuntu/24.04/prod",
        "http://packages.microsoft.com:80/ubuntu/24.04/prod//",
        "https://user:word@packages.microsoft.com/ubuntu/24.04/prod",
        "https://packages.microsoft.com/repos/microsoft-ubuntu-noble-prod",
        "https://packages.microsoft.com/repos/microsoft-ubuntu-noble-prod/",
    };
    for (const std::string& uri : uris) {
        CAPTURE(uri);
        CHECK(offers(one_line("deb " + uri + " noble main\n")));
        const auto entries = deb822("Types: deb\nURIs: http://other.example.org " + uri +
                                    "\nSuites: x noble\nComponents: a main\n");
        CHECK(offers(entries));
        CHECK(matching_uri(entries.at(0), noble) == uri);
    }
    const Strings others = {
        "https://packages.microsoft.com/ubuntu/22.04/prod",
        "https://packages.microsoft.com/ubuntu/24.04/prod/x",
        "https://packages.microsoft.com/Ubuntu/24.04/prod",
        "https://packages.microsoft.com:444/ubuntu/24.04/prod",
        "https://packages.microsoft.com/repos/microsoft-ubuntu-jammy-prod",
        "https://mirror.example.org/ubuntu/24.04/prod",
        "ftp://packages.microsoft.com/ubuntu/24.04/prod",
        "packages.microsoft.com/ubuntu/24.04/prod",
    };
    for (const std::string& uri : others) {
        CAPTURE(uri);
        CHECK_FALSE(offers(one_line("deb " + uri + " noble main\n")));
    }
}

TEST_CASE("an existing source counts only for its suite, component and architecture") {
    const std::string uri = noble.url;
    CHECK_FALSE(offers(one_line("deb " + uri + " jammy main")));
    CHECK_FALSE(offers(one_line("deb " + uri + " noble contrib")));
    CHECK_FALSE(offers(one_line("deb " + uri + " noble")));
    CHECK_FALSE(offers(one_line("deb [arch=arm64] " + uri + " noble main")));
    CHECK(offers(one_line("deb [arch=arm64,amd64] " + uri + " noble main")));
    CHECK(find_source(one_line("deb [arch=arm64] " + uri + " noble main"), noble, "arm64") !=
          nullptr);
    CHECK_FALSE(offers({}));
}

TEST_CASE("our own source can be read back") {
    const std::string text =
        own_source_text(noble, "amd64", "/usr/share/keyrings/microsoft-prod.gpg");
    CHECK(text.starts_with("# Made by the AADSSHLoginForLinux extension handler;"));
    CHECK(
        text.ends_with("\ndeb [arch=amd64 signed-by=/usr/share/keyrings/microsoft-prod.gpg] "
                       "https://packages.microsoft.com/ubuntu/24.04/prod noble main\n"));
    CHECK(offers(one_line(text)));
    CHECK(own_source_text(noble, "arm64", "")
              .ends_with("\ndeb [arch=arm64] https://packages.microsoft.com/ubuntu/24.04/prod "
                         "noble main\n"));
}

TEST_CASE("names of apt's list files") {
    struct {
        std::string uri, suite, prefix;
    } const cases[] = {
        {"https://packages.microsoft.com/ubuntu/24.04/prod",
         "noble",
         "packages.microsoft.com_ubuntu_24.04_prod_dists_noble_"},
        {"https://packages.microsoft.com/ubuntu/24.04/prod/",
         "noble",
         "packages.microsoft.com_ubuntu_24.04_prod_dists_noble_"},
        {"http://u:p@h.example.org:8080/a_b/c",
         "x/updates",
         "h.example.org:8080_a%5fb_c_dists_x_updates_"},
        {"https://h.example.org", "s", "h.example.org_dists_s_"},
        {"https://h.example.org/a~b=c", "s", "h.example.org_a%7eb%3dc_dists_s_"},
    };
    for (const auto& each : cases) {
        CHECK(list_file_prefix(each.uri, each.suite) == each.prefix);
    }
}
