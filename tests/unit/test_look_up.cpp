// SPDX-License-Identifier: MIT
// Machines that no row of the catalogue lists, derivatives, and the releases that are refused.
#include "installers/catalogue.hpp"
#include "installers/text.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

Support support_of(const OsRelease& os) {
    return std::get<Support>(look_up(os, "x86_64"));
}

}  // namespace

TEST_CASE("look up: releases that no row lists") {
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

TEST_CASE("look up: a derivative's own version and order of relatives") {
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
    os.base_codenames["ubuntu"] = "focal";
    CHECK(support_of(os).version == "20.04");
    os.id_like = {"debian", "ubuntu"};
    os.base_codenames["debian"] = "trixie";
    CHECK(support_of(os).version == "13");
}

TEST_CASE("look up: a derivative and a newer release of an rpm distribution") {
    OsRelease os;
    os.id = "own";
    os.pretty_name = "Own Linux";
    os.version_id = "9.4";
    os.id_like = {"rhel", "centos", "fedora"};
    CHECK(support_of(os).version == "9");
    CHECK(contains(support_of(os).note, "treated as Red Hat Enterprise Linux 9, on which"));
    os.version_id.clear();
    CHECK(std::holds_alternative<Unsupported>(look_up(os, "x86_64")));

    os = OsRelease{};
    os.id = "rhel";
    os.version_id = "11.1";
    CHECK(support_of(os).ladder.at(0).url == "https://packages.microsoft.com/rhel/11/prod");
    CHECK(contains(support_of(os).note, "treated like Red Hat Enterprise Linux 10"));
    os.id = "sles";
    os.version_id = "15.8";
    CHECK(support_of(os).version == "15.8");
    CHECK(support_of(os).row->pin.empty());
    os.version_id = "15.4";
    CHECK(support_of(os).row->pin == "1.0.027980001");
    os.id = "own";
    os.id_like = {"suse"};
    os.version_id = "15.6";
    CHECK(support_of(os).ladder.at(0).url == "https://packages.microsoft.com/sles/15/prod");
    // Tumbleweed's dates are newer than every release, and no Leap 42.
    os.id_like = {"opensuse", "suse"};
    os.version_id = "20261101";
    CHECK(support_of(os).row->pin.empty());
    CHECK(support_of(os).row->id == "opensuse-leap");
}

TEST_CASE("look up: a derivative goes with an excluded release only if it counts as its family") {
    OsRelease os;
    os.id = "own";
    os.pretty_name = "Own Linux";
    os.id_like = {"rhel"};
    os.version_id = "8.2";
    CHECK(contains(std::get<Unsupported>(look_up(os, "x86_64")).reason,
                   "Own Linux is too old: of Red Hat Enterprise Linux, on which it is based, "));
    for (const std::string version : {"1", "2", "6"}) {
        CAPTURE(version);
        os.version_id = version;
        const Support support = support_of(os);
        CHECK(support.distribution == "Red Hat Enterprise Linux 7, x86_64");
        CHECK(contains(support.note, "although it counts its releases otherwise"));
    }
    os.version_id = "7.9";
    CHECK(!contains(support_of(os).note, "although"));
    const auto is_refused = [&](const std::string& family, const std::string& version) {
        os.id_like = {family};
        os.version_id = version;
        return std::holds_alternative<Unsupported>(look_up(os, "x86_64"));
    };
    CHECK(is_refused("rhel", "6.10"));
    CHECK(is_refused("suse", "15.0"));
    CHECK(is_refused("suse", "15"));
    CHECK(is_refused("opensuse", "15.0"));
}

TEST_CASE("look up: every release that the documentation excludes, and its neighbours") {
    struct Case {
        std::string id, version;
        bool refused;
    };
    const Case cases[] = {
        {"rhel", "5.11", true},          {"rhel", "6", true},
        {"rhel", "6.9", true},           {"rhel", "7", false},
        {"rhel", "7.0", true},           {"rhel", "7.3", true},
        {"rhel", "7.4", false},          {"rhel", "8.2", true},
        {"rhel", "8.3", false},          {"rhel", "8", false},
        {"centos", "6", true},           {"centos", "6.10", true},
        {"centos", "7", false},          {"sles", "15", true},
        {"sles", "15.1", false},         {"sles", "12.5", false},
        {"opensuse-leap", "15.0", true}, {"opensuse-leap", "15.1", false},
        {"rocky", "8.2", false},
    };
    for (const Case& each : cases) {
        CAPTURE(each.id + " " + each.version);
        OsRelease os;
        os.id = each.id;
        os.version_id = each.version;
        CHECK(std::holds_alternative<Unsupported>(look_up(os, "x86_64")) == each.refused);
    }
}
