// SPDX-License-Identifier: MIT
#include "installers/apt.hpp"
#include "installers/catalogue.hpp"
#include "installers/text.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace aadssh;

namespace {

struct Expected {
    std::string file;
    std::string distribution;  ///< of a supported one
    std::string path;          ///< below https://packages.microsoft.com/
    std::string remark;        ///< part of the note; of an unsupported one, part of the reason
};

const Expected supported[] = {
    {"debian-9", "Debian 9 (stretch), amd64", "debian/9/prod", ""},
    {"debian-10", "Debian 10 (buster), amd64", "debian/10/prod", ""},
    {"debian-11", "Debian 11 (bullseye), amd64", "debian/11/prod", ""},
    {"debian-12", "Debian 12 (bookworm), amd64", "debian/12/prod", ""},
    {"debian-12-point", "Debian 12 (bookworm), amd64", "debian/12/prod", ""},
    {"debian-13", "Debian 13 (trixie), amd64", "debian/13/prod", ""},
    {"debian-14", "Debian 14 (forky), amd64", "debian/14/prod", "treated like Debian 13"},
    {"debian-testing-bookworm", "Debian 12 (bookworm), amd64", "debian/12/prod", ""},
    {"debian-testing-forky",
     "Debian (forky), amd64",
     "repos/microsoft-debian-forky-prod",
     "treated like Debian 13"},
    {"linuxmint-21",
     "Ubuntu 22.04 (jammy), amd64",
     "ubuntu/22.04/prod",
     "Linux Mint 21.3 is treated as Ubuntu 22.04"},
    {"linuxmint-debian-6",
     "Debian 12 (bookworm), amd64",
     "debian/12/prod",
     "LMDE 6 (faye) is treated as Debian 12"},
    {"ubuntu-16.04", "Ubuntu 16.04 (xenial), amd64", "ubuntu/16.04/prod", ""},
    {"ubuntu-18.04", "Ubuntu 18.04 (bionic), amd64", "ubuntu/18.04/prod", ""},
    {"ubuntu-20.04", "Ubuntu 20.04 (focal), amd64", "ubuntu/20.04/prod", ""},
    {"ubuntu-22.04", "Ubuntu 22.04 (jammy), amd64", "ubuntu/22.04/prod", ""},
    {"ubuntu-24.04", "Ubuntu 24.04 (noble), amd64", "ubuntu/24.04/prod", ""},
    {"ubuntu-25.04", "Ubuntu 25.04 (plucky), amd64", "ubuntu/25.04/prod", ""},
    {"ubuntu-25.10", "Ubuntu 25.10 (questing), amd64", "ubuntu/25.10/prod", ""},
    {"ubuntu-26.04", "Ubuntu 26.04 (resolute), amd64", "ubuntu/26.04/prod", ""},
    {"ubuntu-26.10",
     "Ubuntu 26.10 (unreleased), amd64",
     "ubuntu/26.10/prod",
     "treated like Ubuntu 26.04"},
    {"almalinux-8", "AlmaLinux 8, x86_64", "alma/8/prod", ""},
    {"almalinux-9", "AlmaLinux 9, x86_64", "alma/9/prod", ""},
    {"almalinux-10", "AlmaLinux 10, x86_64", "yumrepos/microsoft-alma10-prod", ""},
    {"amzn-2",
     "CentOS 7, x86_64",
     "centos/7/prod",
     "Amazon Linux 2 is tried as CentOS 7, on which it is based, although it counts"},
    {"azurelinux-3", "Azure Linux 3.0, x86_64", "azurelinux/3.0/prod/ms-non-oss/x86_64", ""},
    {"azurelinux-4", "Azure Linux 4.0, x86_64", "yumrepos/azurelinux-4-prod-microsoft-x86_64", ""},
    {"centos-7", "CentOS 7, x86_64", "centos/7/prod", ""},
    {"centos-8", "CentOS 8, x86_64", "centos/8/prod", ""},
    {"centos-9", "CentOS 9, x86_64", "centos/9/prod", ""},
    {"centos-10", "CentOS 10, x86_64", "centos/10/prod", ""},
    {"mariner-1", "CBL-Mariner 1.0, x86_64", "cbl-mariner/1.0/prod/extras/x86_64", ""},
    {"mariner-2", "CBL-Mariner 2.0, x86_64", "cbl-mariner/2.0/prod/extras/x86_64", ""},
    {"ol-7.5", "Oracle Linux 7, x86_64", "rhel/7/prod", ""},
    {"ol-8.9", "Oracle Linux 8, x86_64", "rhel/8/prod", ""},
    {"ol-9", "Oracle Linux 9, x86_64", "rhel/9/prod", ""},
    {"ol-10", "Oracle Linux 10, x86_64", "rhel/10/prod", ""},
    {"opensuse-42.1",
     "openSUSE Leap 42.1, x86_64",
     "opensuse/42.1/prod",
     "treated like openSUSE Leap 42.3"},
    {"opensuse-42.3", "openSUSE Leap 42.3, x86_64", "opensuse/42.3/prod", ""},
    {"opensuse-leap-15.1", "openSUSE Leap 15.1, x86_64", "opensuse/15/prod", ""},
    {"opensuse-leap-15.2", "openSUSE Leap 15.2, x86_64", "opensuse/15/prod", ""},
    {"opensuse-leap-15.3", "openSUSE Leap 15.3, x86_64", "opensuse/15/prod", ""},
    {"opensuse-leap-15.4", "openSUSE Leap 15.4, x86_64", "opensuse/15/prod", ""},
    {"opensuse-leap-15.5", "openSUSE Leap 15.5, x86_64", "opensuse/15/prod", ""},
    {"opensuse-leap-15.6", "openSUSE Leap 15.6, x86_64", "opensuse/15/prod", ""},
    {"opensuse-leap-16.0", "openSUSE Leap 16.0, x86_64", "opensuse/16/prod", ""},
    {"rhel-7.4", "Red Hat Enterprise Linux 7, x86_64", "rhel/7/prod", ""},
    {"rhel-7.9", "Red Hat Enterprise Linux 7, x86_64", "rhel/7/prod", ""},
    {"rhel-8.3", "Red Hat Enterprise Linux 8, x86_64", "rhel/8/prod", ""},
    {"rhel-8.10", "Red Hat Enterprise Linux 8, x86_64", "rhel/8/prod", ""},
    {"rhel-9.6", "Red Hat Enterprise Linux 9, x86_64", "rhel/9/prod", ""},
    {"rhel-10", "Red Hat Enterprise Linux 10, x86_64", "rhel/10/prod", ""},
    {"rocky-8.4", "Rocky Linux 8, x86_64", "yumrepos/microsoft-rocky8-prod", ""},
    {"rocky-9.3", "Rocky Linux 9, x86_64", "yumrepos/microsoft-rocky9-prod", ""},
    {"rocky-10", "Rocky Linux 10, x86_64", "yumrepos/microsoft-rocky10-prod", ""},
    {"sles-12", "SUSE Linux Enterprise Server 12, x86_64", "sles/12/prod", ""},
    {"sles-15.1", "SUSE Linux Enterprise Server 15.1, x86_64", "sles/15/prod", ""},
    {"sles-15.2", "SUSE Linux Enterprise Server 15.2, x86_64", "sles/15/prod", ""},
    {"sles-15.3", "SUSE Linux Enterprise Server 15.3, x86_64", "sles/15/prod", ""},
    {"sles-15.4", "SUSE Linux Enterprise Server 15.4, x86_64", "sles/15/prod", ""},
    {"sles-15.5", "SUSE Linux Enterprise Server 15.5, x86_64", "sles/15/prod", ""},
    {"sles-15.6", "SUSE Linux Enterprise Server 15.6, x86_64", "sles/15/prod", ""},
    {"sles-15.7", "SUSE Linux Enterprise Server 15.7, x86_64", "sles/15/prod", ""},
    {"sles-16.0", "SUSE Linux Enterprise Server 16.0, x86_64", "sles/16/prod", ""},
};

const Expected unsupported[] = {
    {"alpine-3.23", "", "", "Alpine Linux v3.23 (ID=alpine)"},
    {"amzn-2023", "", "", "ID=amzn"},
    {"arch", "", "", "ID=arch"},
    {"cloudlinux-7.3",
     "",
     "",
     "CloudLinux 7.3 (Yury Malyshev) is too old: of Red Hat Enterprise Linux, on which it is "
     "based, "
     "Microsoft supports"},
    {"debian-8", "", "", "Debian 8 gives no codename"},
    {"fedora-42", "", "", "ID=fedora"},
    {"flatcar", "", "", "ID=flatcar, ID_LIKE=coreos"},
    {"kali-2017", "", "", "ID=kali, ID_LIKE=debian"},
    {"raspbian-8", "", "", "ID=raspbian, ID_LIKE=debian"},
    {"opensuse-leap-15.0", "", "", "on 42.3, and on 15.1 or later"},
    {"rhel-7.2", "", "", "on 7.4 to 7.9, and on 8.3 or later"},
    {"rhel-8.2", "", "", "on 7.4 to 7.9, and on 8.3 or later"},
    {"sles-15.0", "", "", "on 12, and on 15.1 or later"},
    {"ubuntu-14.04", "", "", "Ubuntu 14.04 gives no codename"},
};

OsRelease machine_of(const std::string& file) {
    return parse_os_release(test_data("os-release/" + file));
}

Support support_of(const OsRelease& os, std::string_view machine = "x86_64") {
    return std::get<Support>(look_up(os, machine));
}

}  // namespace

TEST_CASE("catalogue: every os-release text has its place") {
    for (const Expected& each : supported) {
        CAPTURE(each.file);
        const Support support = support_of(machine_of(each.file));
        CHECK(support.distribution == each.distribution);
        CHECK(support.ladder.at(0).url == "https://packages.microsoft.com/" + each.path);
        CHECK(support.ladder.at(0).suite == support.codename);
        CHECK(support.note.empty() == each.remark.empty());
        CHECK(contains(support.note, each.remark));
    }
    for (const Expected& each : unsupported) {
        CAPTURE(each.file);
        const auto found = look_up(machine_of(each.file), "x86_64");
        REQUIRE(std::holds_alternative<Unsupported>(found));
        CAPTURE(std::get<Unsupported>(found).reason);
        CHECK(contains(std::get<Unsupported>(found).reason, each.remark));
    }
}

TEST_CASE("catalogue: no os-release text is left out of the table") {
    std::set<std::string> known;
    for (const auto& table :
         {std::span<const Expected>(supported), std::span<const Expected>(unsupported)}) {
        for (const Expected& each : table) {
            known.insert(each.file);
        }
    }
    std::set<std::string> files;
    for (const auto& file :
         std::filesystem::directory_iterator(AADSSH_SOURCE_DIR "/tests/data/os-release")) {
        files.insert(file.path().filename());
    }
    CHECK(files == known);
    CHECK(files.size() >= 30);
}

TEST_CASE("catalogue: how the key is named follows packages-microsoft-prod") {
    const std::string named = "/usr/share/keyrings/microsoft-prod.gpg";
    const std::string trusted = "/etc/apt/trusted.gpg.d/aadsshlogin-handler.gpg";
    for (const std::string file : {"ubuntu-16.04", "ubuntu-20.04", "debian-9", "debian-11"}) {
        CAPTURE(file);
        CHECK(support_of(machine_of(file)).row->signed_by.empty());
        CHECK(support_of(machine_of(file)).row->keyring == trusted);
    }
    for (const std::string file :
         {"ubuntu-22.04", "ubuntu-26.10", "debian-12", "debian-testing-forky", "linuxmint-21"}) {
        CAPTURE(file);
        CHECK(support_of(machine_of(file)).row->signed_by == named);
        CHECK(support_of(machine_of(file)).row->keyring == named);
    }
}

TEST_CASE("catalogue: spellings, architectures and extra rungs") {
    const Support noble = support_of(machine_of("ubuntu-24.04"));
    CHECK(noble.ladder.size() == 1);
    CHECK(noble.ladder[0].spellings ==
          std::vector<std::string>{
              "https://packages.microsoft.com/repos/microsoft-ubuntu-noble-prod"});
    CHECK(noble.ladder[0].component == "main");
    CHECK(noble.architecture == "amd64");

    const Support bionic = support_of(machine_of("ubuntu-18.04"), "aarch64");
    CHECK(bionic.architecture == "arm64");
    REQUIRE(bionic.ladder.size() == 2);
    CHECK(bionic.ladder[1].url ==
          "https://packages.microsoft.com/repos/microsoft-ubuntu-bionic-multiarch-prod");
    CHECK(bionic.ladder[1].suite == "bionic");
    CHECK(support_of(machine_of("ubuntu-18.04"), "x86_64").ladder.size() == 1);

    for (const std::string machine : {"riscv64", "i686", "armv7l", ""}) {
        CAPTURE(machine);
        const auto found = look_up(machine_of("ubuntu-24.04"), machine);
        REQUIRE(std::holds_alternative<Unsupported>(found));
        CHECK(contains(std::get<Unsupported>(found).reason, "CPU architecture"));
    }
}

TEST_CASE("catalogue: rows are ordered and complete, the list for people follows from them") {
    std::set<std::string> seen;
    for (const CatalogueRow& row : catalogue()) {
        CAPTURE(row.name);
        CHECK(!row.releases.empty());
        CHECK(row.keyring.empty() == row.keys.empty());
        CHECK(row.rungs.front().id.empty() == (row.tool == &apt));
        // Without keys of ours the distribution must bring them.
        CHECK(row.keys.empty() == !row.rungs.front().provider.empty());
        for (const Release& release : row.releases) {
            CHECK(seen.insert(std::string(row.id) + " " + std::string(release.version)).second);
            CHECK(release.codename.empty() == (row.tool != &apt));
            CHECK((release.codename.empty() ||
                   seen.insert(std::string(row.id) + " " + std::string(release.codename)).second));
        }
    }
    CHECK(supported_list() ==
          "Ubuntu 16.04 to 26.04, Debian 9 to 13, Red Hat Enterprise Linux 7 to 10, CentOS 7 to "
          "10, Oracle Linux 7 to 10, AlmaLinux 8 to 10, Rocky Linux 8 to 10, SUSE Linux Enterprise "
          "Server 12 to 16.0, openSUSE Leap 42.3 to 16.0, CBL-Mariner 1.0 to 2.0, Azure Linux 3.0 "
          "to 4.0 (x86_64, aarch64)");
}

TEST_CASE("catalogue: ladders of rpm distributions") {
    const auto urls = [](const char* file) {
        std::vector<std::string> all;
        for (const Repository& rung : support_of(machine_of(file)).ladder) {
            all.push_back(rung.url.substr(std::string("https://packages.microsoft.com/").size()));
        }
        return all;
    };
    using Urls = std::vector<std::string>;
    CHECK(urls("rocky-9.3") == Urls{"yumrepos/microsoft-rocky9-prod", "rhel/9/prod"});
    CHECK(urls("almalinux-10") == Urls{"yumrepos/microsoft-alma10-prod", "rhel/10/prod"});
    CHECK(urls("ol-9") == Urls{"rhel/9/prod"});
    CHECK(urls("sles-15.5") == Urls{"sles/15/prod"});
}

TEST_CASE("catalogue: other spellings of an rpm repository, with the tool's variables") {
    const Support azure = support_of(machine_of("azurelinux-3"), "aarch64");
    const Repository& rung = azure.ladder.at(0);
    CHECK(rung.url == "https://packages.microsoft.com/azurelinux/3.0/prod/ms-non-oss/aarch64");
    const auto entries = parse_repo_file(
        "/etc/yum.repos.d/azurelinux-ms-non-oss.repo",
        "[azurelinux-official-ms-non-oss]\n"
        "baseurl=https://packages.microsoft.com/azurelinux/$releasever/prod/ms-non-oss/$basearch\n"
        "gpgkey=file:///etc/pki/rpm-gpg/MICROSOFT-RPM-GPG-KEY\n");
    REQUIRE(find_source(entries, rung, "aarch64") != nullptr);
    const Repository rhel = support_of(machine_of("rhel-9.6")).ladder.at(0);
    CHECK(std::ranges::find(rhel.spellings,
                            "https://packages.microsoft.com/yumrepos/microsoft-rhel9.0-prod") !=
          rhel.spellings.end());
    CHECK(find_source(entries, rhel, "x86_64") == nullptr);
}
