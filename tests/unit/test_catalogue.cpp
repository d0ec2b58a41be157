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
};

const Expected unsupported[] = {
    {"almalinux-10", "", "", "ID=almalinux, ID_LIKE=rhel centos fedora"},
    {"alpine-3.23", "", "", "Alpine Linux v3.23 (ID=alpine)"},
    {"amzn-2023", "", "", "ID=amzn"},
    {"arch", "", "", "ID=arch"},
    {"azurelinux-3", "", "", "ID=azurelinux"},
    {"centos-7", "", "", "CentOS Linux 7 (Core)"},
    {"centos-10", "", "", "CentOS Stream 10"},
    {"debian-8", "", "", "Debian 8 gives no codename"},
    {"fedora-42", "", "", "ID=fedora"},
    {"flatcar", "", "", "ID=flatcar, ID_LIKE=coreos"},
    {"kali-2017", "", "", "ID=kali, ID_LIKE=debian"},
    {"mariner-2", "", "", "ID=mariner"},
    {"ol-9", "", "", "ID=ol"},
    {"opensuse-leap-15.6", "", "", "ID=opensuse-leap"},
    {"raspbian-8", "", "", "ID=raspbian, ID_LIKE=debian"},
    {"rhel-9.6", "", "", "ID=rhel"},
    {"rocky-9.3", "", "", "ID=rocky"},
    {"sles-12", "", "", "ID=sles"},
    {"sles-15.5", "", "", "ID=sles"},
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

TEST_CASE("catalogue: releases that no row lists") {
    OsRelease os;
    os.id = "ubuntu";
    os.version_id = "14.04";
    os.version_codename = "trusty";
    const Support older = support_of(os);
    CHECK(older.ladder.at(0).url == "https://packages.microsoft.com/ubuntu/14.04/prod");
    CHECK(older.row == &catalogue()[0]);
    CHECK(contains(older.note, "treated like Ubuntu 16.04"));

    os.version_id = "20.05";
    os.version_codename = "between";
    CHECK(support_of(os).row == &catalogue()[0]);
    os.version_id = "100.04";
    CHECK(support_of(os).row == &catalogue()[1]);
    os.version_id = "24.04.1";
    CHECK(support_of(os).version == "24.04");
    CHECK(support_of(os).codename == "noble");

    CHECK(std::holds_alternative<Unsupported>(look_up(OsRelease{}, "x86_64")));
    os = OsRelease{};
    os.id = "debian";
    CHECK(contains(std::get<Unsupported>(look_up(os, "x86_64")).reason,
                   "neither VERSION_ID nor VERSION_CODENAME"));
}

TEST_CASE("catalogue: a derivative's own version and order of relatives") {
    OsRelease os;
    os.id = "own";
    os.pretty_name = "Own Linux";
    os.version_id = "22.04";
    os.id_like = {"debian"};
    CHECK(std::holds_alternative<Unsupported>(look_up(os, "x86_64")));
    os.version_codename = "noble";
    CHECK(std::holds_alternative<Unsupported>(look_up(os, "x86_64")));
    os.id_like = {"other", "ubuntu", "debian"};
    CHECK(support_of(os).version == "24.04");
    os.ubuntu_codename = "focal";
    CHECK(support_of(os).version == "20.04");
    os.id_like = {"debian", "ubuntu"};
    os.debian_codename = "trixie";
    CHECK(support_of(os).version == "13");
}

TEST_CASE("catalogue: rows are ordered and complete, the list for people follows from them") {
    std::set<std::string> seen;
    for (const CatalogueRow& row : catalogue()) {
        CHECK(row.tool == &apt);
        CHECK(!row.releases.empty());
        CHECK(!row.keyring.empty());
        for (const Release& release : row.releases) {
            CHECK(seen.insert(std::string(row.id) + " " + std::string(release.version)).second);
            CHECK(seen.insert(std::string(row.id) + " " + std::string(release.codename)).second);
        }
    }
    CHECK(supported_list() == "Ubuntu 16.04 to 26.04, Debian 9 to 13 (x86_64, aarch64)");
}
