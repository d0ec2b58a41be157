// SPDX-License-Identifier: MIT
#include "handler/plan_command.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

using namespace aadssh;

namespace {

using Lines = std::vector<std::string>;

const Lines plan_as_json{"plan", "--json"};

Json parsed(const std::string& text) {
    std::string error;
    const auto json = Json::parse(text, error);
    REQUIRE_MESSAGE(json.has_value(), error);
    return *json;
}

/// The command lines that `plan --json` prints, without those of remedies.
Lines planned_commands(const Json& json) {
    Lines lines;
    for (std::size_t i = 0; i < json.size("/plan/steps").value_or(0); ++i) {
        if (const auto argv = json.strings(fmt::format("/plan/steps/{}/argv", i))) {
            lines.push_back(fmt::format("{}", fmt::join(*argv, " ")));
        }
    }
    return lines;
}

/// The files that it prints: path, then content where it is told.
Lines planned_files(const Json& json) {
    Lines files;
    for (std::size_t i = 0; i < json.size("/plan/steps").value_or(0); ++i) {
        const auto at = fmt::format("/plan/steps/{}", i);
        if (const auto path = json.string(at + "/path")) {
            files.push_back(*path + "\n" + json.string(at + "/content").value_or(""));
        }
    }
    return files;
}

}  // namespace

TEST_CASE("plan: prints exactly the commands and files of the install that follows") {
    for (const auto* distribution : {&debian_11, &debian_12, &ubuntu_24_04}) {
        CAPTURE(distribution->repository);
        Machine vm(*distribution);
        const auto said = vm.command(plan_as_json);
        CHECK(said.code == 0);
        const auto plan = parsed(said.out);
        vm.forget_history();
        REQUIRE(vm.command("install").code == 0);
        CHECK(planned_commands(plan) == vm.package_manager_commands());
        for (const auto& file : planned_files(plan)) {
            const auto path = file.substr(0, file.find('\n'));
            const auto content = file.substr(file.find('\n') + 1);
            const auto written = std::ranges::find_if(
                vm.fake.files.operations,
                [&](const std::string& line) { return line.starts_with("write " + path + " "); });
            CHECK_MESSAGE(written != vm.fake.files.operations.end(), path);
            if (vm.fake.files.has(path) && !content.empty()) {
                CHECK(vm.fake.files.text(path) == content);
            }
        }
        CHECK(planned_files(plan).size() == 3);  // keyring, source, the private copy of the source
    }
}

TEST_CASE("plan: changes nothing and starts no package manager") {
    Machine vm(debian_12);
    for (const Lines& words : {Lines{"plan"}, plan_as_json}) {
        CHECK(vm.command(words).code == 0);
        CHECK(vm.fake.files.operations.empty());
        CHECK(vm.package_manager_commands().empty());
    }
}

TEST_CASE("plan: text for people, findings first") {
    Machine vm(debian_12);
    const auto said = vm.command("plan");
    CHECK(said.err.empty());
    CHECK(said.out.starts_with("legacy "));
    CHECK(contains_text(said.out, "identity     ok"));
    CHECK(contains_text(said.out,
                        "Install aadsshlogin from https://packages.microsoft.com/debian/12/prod"));
    CHECK(contains_text(said.out, "apt-get"));
    CHECK_FALSE(contains_text(said.out, "install would stop"));
}

TEST_CASE("plan: what would stop install is said, with its code, and the steps all the same") {
    Machine vm(debian_12);
    vm.dpkg["aadlogin"] = {"ii ", "1.0"};
    const auto text = vm.command("plan");
    CHECK(text.code == 23);
    CHECK(contains_text(text.out, "install would stop before these steps with: AADSSH-23"));
    CHECK(contains_text(text.out, "apt-get"));
    const auto json = parsed(vm.command(plan_as_json).out);
    CHECK(json.integer("/code") == 23);
    CHECK(json.string("/stop").value_or("").starts_with("AADSSH-23"));
    CHECK(json.is_object("/plan"));
}

TEST_CASE("plan: a system without a row has no plan") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/os-release", "ID=arch\n");
    const auto said = vm.command(plan_as_json);
    CHECK(said.code == 51);
    const auto json = parsed(said.out);
    CHECK(json.is_null_or_absent("/plan"));
    CHECK(json.integer("/code") == 51);
    CHECK(vm.command("plan").code == 51);
}

TEST_CASE("plan: needs neither agent nor root; what cannot be looked at is said") {
    Machine vm(debian_12);
    vm.fake.root = false;
    vm.fake.environment.clear();
    vm.fake.own_folder = "/home/user/bin";
    vm.fake.files.answers["/etc/apt/sources.list"] = {
        FileText::State::denied, "", "Permission denied"};
    const auto said = vm.command("plan");
    CHECK(said.code == 0);
    CHECK(contains_text(said.out, "needs root"));
    CHECK(contains_text(said.out, "/etc/apt/sources.list"));
    CHECK(contains_text(said.out, "apt-get"));
    CHECK(vm.fake.files.operations.empty());
}

TEST_CASE("plan: a person does not wait for IMDS or an identity") {
    Machine vm(debian_12);
    vm.fake.http.forget("http://169.254.169.254/metadata/identity/oauth2/token");
    vm.fake.http.on("http://169.254.169.254/metadata/identity", answer(503));
    CHECK(vm.command("plan").code == 60);
    CHECK(vm.fake.clock.slept() == Milliseconds(0));
}

TEST_CASE("plan: a damaged record is left where it is") {
    Machine vm(debian_12);
    vm.fake.files.add("/var/lib/aadsshlogin-handler/state.json", "{");
    CHECK(vm.command("plan").code == 0);
    CHECK(vm.state_text() == "{");
}

TEST_CASE("plan: a package that the administrator holds stays, as install leaves it") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.dpkg["aadsshlogin"].state = "hi ";
    vm.published["aadsshlogin"] = "1.0.3";
    const std::string stays =
        "aadsshlogin is held at version 1.0.2 by the administrator: it stays as it is";
    const auto text = vm.command("plan");
    CHECK(text.code == 0);
    CHECK(contains_text(text.out, stays));
    CHECK(contains_text(text.out, "install would change nothing."));
    CHECK_FALSE(contains_text(text.out, "apt-get"));
    const auto json = parsed(vm.command(plan_as_json).out);
    CHECK(json.integer("/code") == 0);
    CHECK(json.is_null_or_absent("/plan"));
    CHECK(contains_text(json.text("/findings"), stays));
    CHECK(vm.command("install").code == 0);
    CHECK(contains_text(vm.check("repository"), stays));
    CHECK(vm.package_manager_commands().empty());
}

TEST_CASE("plan: ends with the code with which install ends before it changes anything") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    SUBCASE("a held package that is not set up and must not be repaired: 21") {
        vm.dpkg["aadsshlogin"].state = "hi ";
        vm.fake.files.add(
            vm.folder + "/config/0.settings",
            R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":{"repair":false}}}]})");
        vm.fake.files.add("/etc/nsswitch.conf", "passwd: files\n");
        const auto said = vm.command("plan");
        CHECK(said.code == 21);
        CHECK(contains_text(said.out, "install would stop with: AADSSH-21"));
        CHECK(contains_text(said.out, "nss          error"));
    }
    SUBCASE("a package that does not work, and no answer of IMDS: 60") {
        vm.fake.files.add("/etc/nsswitch.conf", "passwd: files\n");
        vm.fake.http.forget("http://169.254.169.254/metadata/identity/oauth2/token");
        vm.fake.http.on("http://169.254.169.254/metadata/identity", answer(503));
        CHECK(vm.command("plan").code == 60);
    }
    SUBCASE("one that works: IMDS need not answer") {
        vm.fake.http.forget("http://169.254.169.254/metadata/identity/oauth2/token");
        vm.fake.http.on("http://169.254.169.254/metadata/identity", answer(503));
        CHECK(vm.command("plan").code == 0);
    }
    SUBCASE("a legacy package beside a held one: 23") {
        vm.dpkg["aadsshlogin"].state = "hi ";
        vm.dpkg["aadlogin"] = {"ii ", "1.0"};
        CHECK(vm.command("plan").code == 23);
    }
    const int planned = vm.command("plan").code;
    CHECK(vm.command("install").code == planned);
}

TEST_CASE("plan: looks at an installed package without making the folder that sshd wants") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.files.entries.erase("/run/sshd");
    for (const auto* state : {"ii ", "hi "}) {
        vm.dpkg["aadsshlogin"].state = state;
        CHECK(vm.command("plan").code == 0);
        CHECK(vm.fake.files.operations.empty());
    }
}

TEST_CASE("plan: tells what a derivative is taken for, as install does") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/os-release",
                      "ID=linuxmint\nID_LIKE=debian\nVERSION_ID=6\n"
                      "VERSION_CODENAME=faye\nDEBIAN_CODENAME=bookworm\n");
    const auto said = vm.command("plan");
    CHECK(contains_text(said.out, "distribution warning "));
    REQUIRE(vm.command("install").code == 0);
    CHECK(contains_text(said.out, vm.check("distribution")));
}
