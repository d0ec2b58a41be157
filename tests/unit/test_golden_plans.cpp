// SPDX-License-Identifier: MIT
// What the plans say, word for word: tests/golden/*.txt. After a deliberate change run the tests
// once with UPDATE_GOLDEN=1 and read the difference.
#include "installers/apt.hpp"
#include "installers/catalogue.hpp"
#include "installers/dnf.hpp"
#include "installers/openpgp.hpp"
#include "installers/zypper.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

using namespace aadssh;

namespace {

const std::filesystem::path golden_folder = AADSSH_SOURCE_DIR "/tests/golden";

void check_golden(const std::string& name, const Plan& plan) {
    const std::filesystem::path path = golden_folder / (name + ".txt");
    const std::string text = describe(plan);
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {
        std::filesystem::create_directories(golden_folder);
        std::ofstream(path, std::ios::binary) << text;
    }
    std::ifstream file(path, std::ios::binary);
    const std::string expected{std::istreambuf_iterator<char>(file), {}};
    CAPTURE(name);
    CHECK(text == expected);
}

InstallInputs inputs_of(const Support& support, const Repository& repository) {
    InstallInputs inputs;
    inputs.repository = repository;
    inputs.architecture = support.architecture;
    inputs.signed_by = support.row->signed_by;
    inputs.keyring = support.row->keyring;
    inputs.source_file = support.row->tool->source_file;
    inputs.pin = support.row->pin;
    for (const PinnedKey& key : pinned_keys) {
        if (std::ranges::find(support.row->keys, key.file) != support.row->keys.end()) {
            inputs.shipped_keys.emplace_back(key.file);
            inputs.accepted_keys.emplace_back(key.fingerprint);
        }
    }
    inputs.packages = {"aadsshlogin"};
    return inputs;
}

Support support_of(std::string_view id, std::string_view version, std::string_view machine) {
    OsRelease os;
    os.id = id;
    os.version_id = version;
    return std::get<Support>(look_up(os, machine));
}

InstallInputs inputs_of(std::string_view id, std::string_view version) {
    const Support support = support_of(id, version, "x86_64");
    return inputs_of(support, support.ladder.at(0));
}

InstallInputs noble_inputs() {
    return inputs_of("ubuntu", "24.04");
}

Plan install(const InstallInputs& inputs) {
    return apt.install_plan(inputs);
}

/// Names of all plans below, to find files that nobody checks any more.
std::set<std::string>& checked() {
    static std::set<std::string> names = {
        "variant-existing-deb822",
        "variant-existing-one-line",
        "variant-everything-in-place",
        "variant-no-ca-certificates",
        "variant-selinux",
        "variant-key-url-and-proxy",
        "variant-reinstall",
        "variant-rpm-existing",
        "variant-rpm-selinux",
        "variant-rpm-everything-in-place",
        "variant-rpm-name-taken",
        "repair-apt",
        "repair-apt-configuration",
        "repair-dnf",
        "repair-yum",
        "repair-tdnf",
        "repair-zypper",
        "removal",
        "removal-rpm",
        "removal-files-that-stay",
        "removal-nothing-left",
    };
    return names;
}

}  // namespace

TEST_CASE("golden plans: every release on every architecture") {
    for (const CatalogueRow& row : catalogue()) {
        for (const Release& release : row.releases) {
            for (const std::string machine : {"x86_64", "aarch64"}) {
                const Support support = support_of(row.id, release.version, machine);
                REQUIRE(support.row == &row);
                int rung = 0;
                for (const Repository& repository : support.ladder) {
                    const std::string suffix = ++rung == 1 ? "" : fmt::format("-rung{}", rung);
                    const std::string name =
                        fmt::format("{}-{}-{}{}", row.id, release.version, machine, suffix);
                    check_golden(name, row.tool->install_plan(inputs_of(support, repository)));
                    checked().insert(name);
                }
            }
        }
    }
    std::set<std::string> files;
    for (const auto& file : std::filesystem::directory_iterator(golden_folder)) {
        files.insert(file.path().stem());
    }
    CHECK(files == checked());
}

TEST_CASE("golden plans: variants of an installation") {
    InstallInputs inputs = noble_inputs();
    inputs.existing_source =
        parse_source_file(
            "/etc/apt/sources.list.d/microsoft-prod.sources",
            "Types: deb\n"
            "URIs: https://packages.microsoft.com/repos/microsoft-ubuntu-noble-prod/\n"
            "Suites: noble\n"
            "Components: main\n"
            "Signed-By: /usr/share/keyrings/microsoft-prod.gpg\n")
            .at(0);
    check_golden("variant-existing-deb822", install(inputs));

    inputs.existing_source =
        parse_source_file(
            "/etc/apt/sources.list.d/microsoft-prod.list",
            "deb [arch=amd64,arm64,armhf signed-by=/usr/share/keyrings/microsoft-prod.gpg] "
            "https://packages.microsoft.com/ubuntu/24.04/prod noble main\n")
            .at(0);
    check_golden("variant-existing-one-line", install(inputs));

    inputs = noble_inputs();
    inputs.source_in_place = true;
    inputs.keyring_in_place = true;
    check_golden("variant-everything-in-place", install(inputs));

    inputs = noble_inputs();
    inputs.ca_bundle_missing = true;
    check_golden("variant-no-ca-certificates", install(inputs));

    inputs = noble_inputs();
    inputs.packages = {"aadsshlogin-selinux", "aadsshlogin"};
    inputs.optional_packages = {"aadsshlogin-selinux"};
    check_golden("variant-selinux", install(inputs));

    inputs = noble_inputs();
    inputs.shipped_keys.clear();
    inputs.key_url = "https://keys.example.org/own.asc";
    inputs.accepted_keys = {"0123456789ABCDEF0123456789ABCDEF01234567"};
    inputs.proxy_variables = {{"https_proxy", "http://user:secret@proxy.example.org:3128"}};
    check_golden("variant-key-url-and-proxy", install(inputs));

    inputs = noble_inputs();
    inputs.reinstall = {"aadsshlogin"};
    check_golden("variant-reinstall", install(inputs));
}

TEST_CASE("golden plans: a repair installs the version that is there again, with every tool") {
    struct Row {
        const char* id;
        const char* version;
    };
    for (const auto& [id, version] : {Row{"debian", "12"},
                                      Row{"rhel", "9.4"},
                                      Row{"rhel", "7.9"},
                                      Row{"azurelinux", "3.0"},
                                      Row{"sles", "15.3"}}) {
        const Support support = support_of(id, version, "x86_64");
        InstallInputs inputs = inputs_of(support, support.ladder.at(0));
        inputs.source_in_place = true;
        inputs.keyring_in_place = true;
        inputs.keys_trusted = true;
        inputs.reinstall = {"aadsshlogin"};
        inputs.version = "1.0.027980001-1";
        check_golden(fmt::format("repair-{}", support.row->tool->name),
                     support.row->tool->install_plan(inputs));
    }
    check_golden("repair-apt-configuration", apt.configuration_plan("aadsshlogin"));
}

TEST_CASE("golden plans: variants of an installation with rpm") {
    InstallInputs inputs = inputs_of("rhel", "9.4");
    inputs.existing_source = parse_repo_file("/etc/yum.repos.d/microsoft-prod.repo",
                                             "[packages-microsoft-com-prod]\n"
                                             "baseurl=https://packages.microsoft.com/rhel/9/prod/\n"
                                             "gpgkey=https://packages.microsoft.com/keys/"
                                             "microsoft.asc\n")
                                 .at(0);
    inputs.keys_trusted = true;
    inputs.keyring_in_place = true;
    check_golden("variant-rpm-existing", dnf.install_plan(inputs));

    inputs = inputs_of("rhel", "9.4");
    inputs.packages = {"aadsshlogin-selinux", "aadsshlogin"};
    inputs.optional_packages = {"aadsshlogin-selinux"};
    check_golden("variant-rpm-selinux", dnf.install_plan(inputs));

    inputs = inputs_of("sles", "15.6");
    inputs.source_in_place = true;
    inputs.keyring_in_place = true;
    inputs.keys_trusted = true;
    check_golden("variant-rpm-everything-in-place", zypper.install_plan(inputs));

    inputs = inputs_of("rhel", "9.4");
    inputs.source_file = dnf.own_source_file;
    inputs.repository.id = own_repository_id;
    check_golden("variant-rpm-name-taken", dnf.install_plan(inputs));
}

TEST_CASE("golden plans: removal with rpm") {
    OwnedFile source{.path = "/etc/yum.repos.d/microsoft-prod.repo"};
    OwnedFile key{.path = "/etc/pki/rpm-gpg/RPM-GPG-KEY-aadsshlogin-handler"};
    check_golden("removal-rpm",
                 dnf.removal_plan(
                     {.packages = {"aadsshlogin", "gpg-pubkey-be1229cf"}, .files = {key, source}}));
}

TEST_CASE("golden plans: removal") {
    const auto removal = apt.removal_plan;
    const auto file = [](std::string path) {
        OwnedFile owned;
        owned.path = std::move(path);
        return owned;
    };
    RemovalInputs inputs;
    inputs.packages = {"aadsshlogin-selinux", "aadsshlogin"};
    inputs.files = {
        file("/usr/share/keyrings/microsoft-prod.gpg"),
        file("/etc/apt/sources.list.d/aadsshlogin-handler.list"),
        file("/etc/gone"),
    };
    inputs.files[2].present = false;
    check_golden("removal", removal(inputs));

    inputs.packages.clear();
    inputs.files = {
        file("/etc/apt/trusted.gpg.d/aadsshlogin-handler.gpg"),
        file("/etc/apt/sources.list.d/aadsshlogin-handler.list"),
        file("/usr/share/keyrings/owned.gpg"),
        file("/usr/share/keyrings/used.gpg"),
    };
    inputs.files[1].changed = true;
    inputs.files[2].owning_package = "packages-microsoft-prod";
    inputs.files[3].used_by = {"/etc/apt/sources.list.d/one.list",
                               "/etc/apt/sources.list.d/two.sources"};
    check_golden("removal-files-that-stay", removal(inputs));

    check_golden("removal-nothing-left", removal({}));
}
