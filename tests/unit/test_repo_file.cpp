// SPDX-License-Identifier: MIT
#include "installers/repository.hpp"
#include "installers/text.hpp"

#include <doctest/doctest.h>

using namespace aadssh;
using Strings = std::vector<std::string>;

namespace {

const Repository rhel_9{
    .url = "https://packages.microsoft.com/rhel/9/prod",
    .spellings = {"https://packages.microsoft.com/yumrepos/microsoft-rhel9-prod",
                  "https://packages.microsoft.com/yumrepos/microsoft-rhel9.0-prod",
                  "https://packages.microsoft.com/rhel/$releasever/prod"},
    .suite = {},
    .id = "packages-microsoft-com-prod",
    .provider = {},
};
const Repository azure_linux_3{
    .url = "https://packages.microsoft.com/azurelinux/3.0/prod/ms-non-oss/x86_64",
    .spellings =
        {"https://packages.microsoft.com/azurelinux/$releasever/prod/ms-non-oss/x86_64",
         "https://packages.microsoft.com/azurelinux/3.0/prod/ms-non-oss/$basearch",
         "https://packages.microsoft.com/azurelinux/$releasever/prod/ms-non-oss/$basearch"},
    .suite = {},
    .id = "azurelinux-official-ms-non-oss",
    .provider = {},
};
constexpr const char* path = "/etc/yum.repos.d/x.repo";

std::vector<SourceEntry> parsed(const std::string& text) {
    return parse_repo_file(path, text);
}

/// The one section of a text.
SourceEntry only(const std::string& text) {
    const auto entries = parsed(text);
    REQUIRE(entries.size() == 1);
    return entries[0];
}

bool offers(const std::string& baseurl, const Repository& repository = rhel_9) {
    return find_source(parsed("[x]\nbaseurl=" + baseurl + "\n"), repository, "x86_64") != nullptr;
}

}  // namespace

TEST_CASE("repo files: sections, comments, blanks around keys and values") {
    const auto entries = parsed(
        "# a comment\n"
        "; another\n"
        "\n"
        "[first]\n"
        "name=First\n"
        "baseurl = https://a.example.org/one \n"
        "#baseurl=https://commented.example.org/\n"
        ";enabled=0\n"
        "GPGKEY=file:///etc/pki/rpm-gpg/KEY\n"
        "enabled=1\n"
        "[ second ]\n"
        "enabled=0\n"
        "baseurl=http://b.example.org/#two\n");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].file == path);
    CHECK(entries[0].id == "first");
    CHECK(entries[0].uris == Strings{"https://a.example.org/one"});
    CHECK(entries[0].signed_by == "file:///etc/pki/rpm-gpg/KEY");
    CHECK(entries[0].enabled);
    CHECK_FALSE(entries[0].deb822);
    CHECK(entries[0].suites.empty());
    CHECK(entries[0].architectures.empty());
    CHECK(entries[1].id == "second");
    CHECK(entries[1].uris == Strings{"http://b.example.org/#two"});
    CHECK_FALSE(entries[1].enabled);
    CHECK(entries[1].signed_by.empty());
}

TEST_CASE("repo files: several values, with blanks, commas or on lines of their own") {
    const Strings two = {"https://a.example.org/", "https://b.example.org/"};
    for (const std::string value : {"https://a.example.org/ https://b.example.org/",
                                    "https://a.example.org/,https://b.example.org/",
                                    "https://a.example.org/ ,\thttps://b.example.org/",
                                    "https://a.example.org/\n  https://b.example.org/",
                                    "https://a.example.org/\n\thttps://b.example.org/",
                                    "https://a.example.org/\n# why\n  https://b.example.org/",
                                    "\n    https://a.example.org/,\n    https://b.example.org/"}) {
        CAPTURE(value);
        CHECK(only("[x]\nbaseurl=" + value + "\nenabled=1\n").uris == two);
        CHECK(only("[x]\nname=x\nbaseurl=" + value).uris == two);
    }
    const auto keys =
        only("[x]\nbaseurl=https://a.example.org/\ngpgkey=file:///k1,\n  file:///k2 file:///k3\n");
    CHECK(keys.signed_by == "file:///k1 file:///k2 file:///k3");
    for (const char* key : {"/k1", "/k2", "/k3"}) {
        CHECK(names_key(keys.signed_by, key));
    }
}

TEST_CASE("repo files: enabled unless it says no; the last word counts") {
    const auto enabled = [](const std::string& lines) {
        return only("[x]\nbaseurl=https://a.example.org/\n" + lines).enabled;
    };
    CHECK(enabled(""));
    for (const std::string word : {"1", "yes", "true", "True", "on", ""}) {
        CAPTURE(word);
        CHECK(enabled("enabled=" + word + "\n"));
    }
    for (const std::string word : {"0", "no", "NO", "false", "False", "off", " 0 "}) {
        CAPTURE(word);
        CHECK_FALSE(enabled("enabled=" + word + "\n"));
        CHECK_FALSE(enabled("Enabled = " + word));
    }
    CHECK_FALSE(enabled("enabled=1\nenabled=0\n"));
    CHECK(enabled("enabled=0\nenabled=1\n"));
}

TEST_CASE("repo files: a section without a baseurl still holds its id") {
    const auto entries = parsed(
        "[main]\ngpgcheck=1\n"
        "[mirrors]\nmirrorlist=https://mirrors.example.org/list?repo=x\n"
        "[meta]\nmetalink=https://mirrors.example.org/metalink\nenabled=0\n"
        "[bare]\nname=nothing else\n");
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].id == "mirrors");
    CHECK(entries[0].uris.empty());
    CHECK(entries[0].enabled);
    CHECK(entries[1].id == "meta");
    CHECK_FALSE(entries[1].enabled);
    CHECK(entries[2].id == "bare");
    CHECK(find_source(entries, rhel_9, "x86_64") == nullptr);
}

TEST_CASE("repo files: lines of Windows") {
    const auto entries = parsed(
        "[one]\r\nbaseurl=https://a.example.org/\r\n  https://b.example.org/\r\nenabled=0\r\n\r\n"
        "[two]\r\nbaseurl=https://c.example.org/\r\n");
    REQUIRE(entries.size() == 2);
    CHECK(entries[0].id == "one");
    CHECK(entries[0].uris == Strings{"https://a.example.org/", "https://b.example.org/"});
    CHECK_FALSE(entries[0].enabled);
    CHECK(entries[1].uris == Strings{"https://c.example.org/"});
}

TEST_CASE("repo files: what is no repository file") {
    CHECK(parsed("").empty());
    CHECK(parsed("\n\n  \n").empty());
    CHECK(parsed("baseurl=https://no-section.example.org/\n  https://b.example.org/\n").empty());
    CHECK(parsed("[]\nbaseurl=https://no-id.example.org/\n").empty());
    CHECK(parsed("<html>\n[nothing\n").size() <= 1);
    CHECK(only("[open\nbaseurl=https://a.example.org/\n").id == "open");
    CHECK(only("garbage\n=x\n[x]\nno equals sign\nbaseurl=https://a.example.org/\n").uris ==
          Strings{"https://a.example.org/"});
    // A continuation of nothing, and one of a section's head.
    CHECK(only("  lonely\n[x]\n  lonely\nbaseurl=https://a.example.org/\n").uris ==
          Strings{"https://a.example.org/"});
    std::string noise;
    for (unsigned i = 0; i < 50000; ++i) {
        noise += static_cast<char>((i * 2654435761U) >> 11U);
    }
    CHECK_NOTHROW(parsed(noise));
    CHECK_NOTHROW(parsed(std::string(1000, '\0')));
    CHECK(only(std::string("[x]\nbaseurl=https://a.example.org/\0\n", 36)).id == "x");
}

TEST_CASE("repo files: only the first MiB counts") {
    const std::string section = "[x]\nbaseurl=https://a.example.org/\n";
    const std::size_t mib = 1024UL * 1024;
    CHECK(parsed(std::string(mib, '#') + "\n" + section).empty());
    CHECK(parsed(section + std::string(mib, '#') + "\n[y]\nbaseurl=https://b.example.org/\n")
              .size() == 1);
}

TEST_CASE("repo files: our own can be read back") {
    const std::string keyring = "/etc/pki/rpm-gpg/RPM-GPG-KEY-aadsshlogin-handler";
    const std::string text = own_repo_text(rhel_9, keyring);
    CHECK(text.starts_with("# Made by the AADSSHLoginForLinux extension handler;"));
    for (const char* line : {"\ngpgcheck=1\n", "\nsslverify=1\n", "\nenabled=1\n"}) {
        CHECK(contains(text, line));
    }
    const SourceEntry entry = only(text);
    CHECK(entry.id == rhel_9.id);
    CHECK(entry.enabled);
    CHECK(entry.uris == Strings{rhel_9.url + "/"});
    CHECK(names_key(entry.signed_by, keyring));
    CHECK(find_source({entry}, rhel_9, "x86_64") != nullptr);
    CHECK(matching_uri(entry, rhel_9) == rhel_9.url + "/");
}

TEST_CASE("repo files: keys are named with or without a scheme, whole") {
    const std::string key = "/etc/pki/rpm-gpg/KEY";
    for (const std::string words : {"/etc/pki/rpm-gpg/KEY",
                                    "file:///etc/pki/rpm-gpg/KEY",
                                    "https://a.example.org/k file:///etc/pki/rpm-gpg/KEY",
                                    "file:///x,file:///etc/pki/rpm-gpg/KEY"}) {
        CAPTURE(words);
        CHECK(names_key(words, key));
    }
    for (const std::string words : {"",
                                    "file:///etc/pki/rpm-gpg/KEY2",
                                    "file:///mnt/etc/pki/rpm-gpg/KEY",
                                    "https://a.example.org/etc/pki/rpm-gpg/KEY",
                                    "file://"}) {
        CAPTURE(words);
        CHECK_FALSE(names_key(words, key));
    }
}

TEST_CASE("repo files: an existing source is found however it is written") {
    for (const std::string url :
         {"https://packages.microsoft.com/rhel/9/prod",
          "https://packages.microsoft.com/rhel/9/prod/",
          "http://packages.microsoft.com/rhel/9/prod//",
          "HTTPS://Packages.Microsoft.com:443/rhel/9/prod",
          "https://packages.microsoft.com/rhel/$releasever/prod/",
          "https://packages.microsoft.com/yumrepos/microsoft-rhel9-prod",
          "https://packages.microsoft.com/yumrepos/microsoft-rhel9.0-prod/",
          "http://x.example.org/, https://packages.microsoft.com/rhel/9/prod"}) {
        CAPTURE(url);
        CHECK(offers(url));
    }
    for (const std::string url : {"https://packages.microsoft.com/rhel/8/prod/",
                                  "https://packages.microsoft.com/rhel/9/prod/x",
                                  "https://packages.microsoft.com/rhel/9/prod/?x=1",
                                  "https://packages.microsoft.com/rhel/$basearch/prod/",
                                  "https://packages.microsoft.com/rhel/9/insiders-fast/",
                                  "https://mirror.example.org/rhel/9/prod/",
                                  "ftp://packages.microsoft.com/rhel/9/prod/",
                                  "file:///packages.microsoft.com/rhel/9/prod/"}) {
        CAPTURE(url);
        CHECK_FALSE(offers(url));
    }
    const std::string url = rhel_9.url;
    CHECK(find_source(parsed("[x]\nenabled=0\nbaseurl=" + url + "\n[y]\nbaseurl=" + url + "\n"),
                      rhel_9,
                      "x86_64")
              ->id == "y");
    CHECK(find_source(parsed("[x]\nenabled=0\nbaseurl=" + url), rhel_9, "x86_64") == nullptr);
}

TEST_CASE("repo files: variables of the tool") {
    const std::string base = "https://packages.microsoft.com/azurelinux/";
    for (const std::string rest : {"3.0/prod/ms-non-oss/x86_64",
                                   "$releasever/prod/ms-non-oss/$basearch",
                                   "$releasever/prod/ms-non-oss/x86_64/",
                                   "3.0/prod/ms-non-oss/$basearch"}) {
        CAPTURE(rest);
        CHECK(offers(base + rest, azure_linux_3));
    }
    CHECK_FALSE(offers(base + "3.0/prod/ms-non-oss/aarch64", azure_linux_3));
    CHECK_FALSE(offers(base + "$releasever/prod/base/$basearch", azure_linux_3));
}

TEST_CASE("repo files: where metadata lie, and what people are told") {
    CHECK(metadata_url(rhel_9) == "https://packages.microsoft.com/rhel/9/prod/repodata/repomd.xml");
    CHECK(name_of(rhel_9) == rhel_9.url);
}
