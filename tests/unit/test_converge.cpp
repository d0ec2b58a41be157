// SPDX-License-Identifier: MIT
#include "handler/converge.hpp"
#include "handler/digest.hpp"
#include "handler/failure.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace aadssh;

namespace {

struct Converged {
    Machine vm;
    World world;
    RunContext run;

    explicit Converged(const Distribution& distribution = debian_12,
                       const std::string& cpu = "x86_64")
        : vm(distribution, cpu), world(vm.fake.world()), run(context(world)) {}

    std::optional<Failure> failure() {
        try {
            converge(run, gather_facts(world, run.environment));
        } catch (const Failure& thrown) {
            return thrown;
        }
        return std::nullopt;
    }
    /// What apt-get does when it is to change packages.
    void transaction(FakeProcesses::Call call) {
        vm.fake.processes.on_match(
            [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--no-download"); },
            std::move(call));
    }
    std::string note(const std::string& name) const {
        const auto found = std::ranges::find(run.checks, name, &Substatus::name);
        return found == run.checks.end() ? "(none)" : found->message;
    }
};

const char* broken =
    "E: Sub-process /usr/bin/dpkg returned an error code (1)\n"
    "dpkg: error processing package aadsshlogin (--configure):\n"
    " installed post-installation script returned error exit status 3\n";

}  // namespace

TEST_CASE("converge: package, source and key are there afterwards and on record") {
    Converged good;
    CHECK_FALSE(good.failure().has_value());
    CHECK(good.vm.version("aadsshlogin") == "1.0.2");
    CHECK(contains_text(good.vm.fake.files.text(good.vm.own_source()), debian_12.repository));
    CHECK(good.vm.fake.files.has(debian_12.keyring));
    CHECK(good.run.state.added("aadsshlogin"));
    CHECK(good.run.state.files.size() == 2);
    CHECK(good.run.state.dependencies == std::vector<std::string>{"libaad0"});
    CHECK(contains_text(good.note("repository"), "this extension wrote"));
}

TEST_CASE("converge: a failed transaction is taken back, half installed package and all") {
    Converged machine;
    const auto before = machine.vm.system();
    machine.transaction([&](const Command&) {
        machine.vm.dpkg["aadsshlogin"] = {"iF ", "1.0.2"};
        return exits(100, broken);
    });
    const auto failure = machine.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::verification_failed);
    CHECK(contains_text(failure->message(), "exit status 3"));
    CHECK(machine.vm.version("aadsshlogin") == "(absent)");
    CHECK(machine.vm.system() == before);
    CHECK(machine.run.state.packages.empty());
    CHECK(machine.run.state.files.empty());
}

TEST_CASE("converge: undo leaves alone what an earlier run added") {
    Converged machine;
    machine.vm.set_up_by_us();
    machine.run.state = context(machine.world).state;
    machine.vm.published["aadsshlogin"] = "1.0.3";
    machine.transaction([](const Command&) { return exits(100, broken); });
    CHECK(machine.failure()->code == ExitCode::verification_failed);
    CHECK(machine.vm.version("aadsshlogin") == "1.0.2");
    CHECK(machine.vm.fake.files.has(machine.vm.own_source()));
    CHECK(machine.vm.fake.files.has(debian_12.keyring));
    CHECK(machine.run.state.added("aadsshlogin"));
}

TEST_CASE("converge: a keyring of ours that was rewritten in vain holds again what it held") {
    Converged machine;
    const auto key = key_file("mirror");
    const std::string url = "https://keys.example/mirror.gpg";
    machine.vm.fake.http.on(url, answer(200, key));
    const auto keyring = [&] { return machine.vm.fake.files.text(debian_12.keyring); };
    const auto name_key = [&] {
        machine.run.settings.key_url = url;
        machine.run.settings.signing_keys = {fingerprint_of(key)};
    };
    SUBCASE("a key that is new") {
        REQUIRE_FALSE(machine.failure().has_value());
        name_key();
    }
    SUBCASE("but not a key that was withdrawn") {
        name_key();
        REQUIRE_FALSE(machine.failure().has_value());
        REQUIRE(contains_text(keyring(), key));
        machine.run.settings = {};
    }
    machine.vm.published["aadsshlogin"] = "1.0.3";
    std::string meanwhile;
    machine.transaction([&](const Command&) {
        meanwhile = keyring();
        return exits(100, broken);
    });
    CHECK(machine.failure()->code == ExitCode::verification_failed);
    CHECK_FALSE(contains_text(keyring(), key));
    CHECK(contains_text(meanwhile, key) == !machine.run.settings.key_url.empty());
    REQUIRE(machine.run.state.file(debian_12.keyring) != nullptr);
    CHECK(machine.run.state.file(debian_12.keyring)->sha256 ==
          std::vector<std::string>{sha256_hex(keyring())});
}

TEST_CASE("converge: undo leaves alone a package that was there before us") {
    Converged machine;
    machine.vm.set_up_by_hand("1.0.1");
    machine.transaction([&](const Command&) {
        machine.vm.dpkg["aadsshlogin"] = {"iF ", "1.0.2"};
        return exits(100, broken);
    });
    CHECK(machine.failure().has_value());
    CHECK(machine.vm.version("aadsshlogin") == "1.0.2");
    CHECK(machine.vm.fake.processes.ran({"dpkg", "--force-remove-reinstreq"}) == 0);
    CHECK_FALSE(machine.vm.fake.files.has(machine.vm.own_source()));
}

TEST_CASE("converge: what could not be taken back is part of the message") {
    Converged machine;
    machine.transaction([&](const Command&) {
        machine.vm.dpkg["aadsshlogin"] = {"iF ", "1.0.2"};
        return exits(100, broken);
    });
    machine.vm.fake.processes.on({"dpkg", "--force-remove-reinstreq"},
                                 exits(1, "dpkg: error: no\n"));
    const auto failure = machine.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::verification_failed);
    CHECK(failure->cause.starts_with("could not be taken back: the package aadsshlogin"));
    CHECK(contains_text(failure->cause, "with: apt-get purge aadsshlogin)"));
    CHECK(contains_text(failure->cause, "error processing package"));
    CHECK(machine.run.state.added("aadsshlogin"));
}

TEST_CASE("converge: a transaction that still runs is not undone") {
    Converged machine;
    machine.transaction([&](const Command&) {
        machine.vm.dpkg["aadsshlogin"] = {"iU ", "1.0.2"};
        auto endless = exits(0);
        endless.timed_out = true;
        return endless;
    });
    const auto failure = machine.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::transaction_running);
    CHECK_FALSE(contains_text(failure->message(), "taken back"));
    CHECK(machine.vm.version("aadsshlogin") == "1.0.2");
    CHECK(machine.vm.fake.files.has(machine.vm.own_source()));
    CHECK(machine.run.state.added("aadsshlogin"));
    CHECK(machine.vm.fake.processes.ran({"dpkg"}) == 0);
}

TEST_CASE("converge: an installation after which sshd refuses its files is taken back") {
    Converged machine;
    const auto before = machine.vm.system();
    machine.vm.fake.processes.on_call({"/usr/sbin/sshd", "-t"}, [&](const Command&) {
        return machine.vm.aad_in_sshd ? exits(255, "sshd_config line 40: bad\n") : exits(0);
    });
    const auto failure = machine.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::verification_failed);
    CHECK(contains_text(failure->message(), "sshd_config line 40: bad"));
    CHECK(machine.vm.version("aadsshlogin") == "(absent)");
    CHECK(machine.vm.system() == before);
}

TEST_CASE("converge: sshd files that were bad before us are no reason to take anything back") {
    Converged machine;
    machine.vm.fake.processes.on({"/usr/sbin/sshd", "-t"}, exits(255, "bad\n"));
    CHECK_FALSE(machine.failure().has_value());
    CHECK(machine.vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("converge: what ended sshd while it looked is no opinion of it") {
    CommandResult end;
    SUBCASE("time") {
        end.timed_out = true;
    }
    SUBCASE("a signal") {
        end.signal = 9;
    }
    SUBCASE("no start") {
        end.started = false;
    }
    Converged machine;
    machine.vm.fake.processes.on_call({"/usr/sbin/sshd", "-t"}, [&](const Command&) {
        return machine.vm.aad_in_sshd ? end : exits(0);
    });
    CHECK_FALSE(machine.failure().has_value());
    CHECK(machine.vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("converge: where sshd had no opinion before, its complaint afterwards proves nothing") {
    Converged machine;
    int asked = 0;
    machine.vm.fake.processes.on_call({"/usr/sbin/sshd", "-t"}, [&](const Command&) {
        CommandResult late;
        late.timed_out = true;
        return asked++ == 0 ? late : exits(255, "bad\n");
    });
    CHECK_FALSE(machine.failure().has_value());
    CHECK(machine.vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("converge: an existing source is used as it is") {
    Converged machine;
    const std::string file = "/etc/apt/sources.list.d/microsoft-prod.list";
    machine.vm.fake.files.add(
        file,
        "deb [signed-by=" + debian_12.keyring + "] " + debian_12.repository + " bookworm main\n");
    machine.vm.fake.files.add(debian_12.keyring, "theirs");
    const auto before = machine.vm.fake.files.text(file);
    CHECK_FALSE(machine.failure().has_value());
    CHECK_FALSE(machine.vm.fake.files.has(machine.vm.own_source()));
    CHECK(machine.vm.fake.files.text(file) == before);
    CHECK(machine.vm.fake.files.text(debian_12.keyring) == "theirs");
    CHECK(machine.run.state.files.empty());
    CHECK(contains_text(machine.note("repository"), file));
}

TEST_CASE("converge: where there is one repository, it is not asked by ourselves") {
    Converged machine;
    CHECK_FALSE(machine.failure().has_value());
    CHECK(machine.vm.fake.http.requests.empty());
}

TEST_CASE("converge: of several repositories the ones that exist are tried, in order") {
    const std::string usual = ubuntu_18_04.repository;
    const std::string multiarch =
        "https://packages.microsoft.com/repos/microsoft-ubuntu-bionic-multiarch-prod";
    Converged machine(ubuntu_18_04, "aarch64");
    const auto choose = [&](HttpResponse first, HttpResponse second) {
        machine.vm.fake.http.forget(usual);
        machine.vm.fake.http.forget(multiarch);
        machine.vm.fake.http.on(usual, std::move(first));
        machine.vm.fake.http.on(multiarch, std::move(second));
        std::vector<std::string> urls;
        for (const auto& rung :
             choose_rungs(machine.run, gather_facts(machine.world, machine.run.environment))) {
            urls.push_back(rung.url);
        }
        return urls;
    };
    using Urls = std::vector<std::string>;
    const auto silent = no_answer(HttpResponse::Failure::connect);
    CHECK(choose(answer(200), answer(200)) == Urls{usual, multiarch});
    CHECK(choose(answer(404), answer(200)) == Urls{multiarch});
    CHECK(choose(silent, answer(200)) == Urls{multiarch, usual});
    CHECK(choose(answer(404), answer(404)) == Urls{usual, multiarch});  // apt is asked all the same
}

TEST_CASE("converge: a repository without the package is taken back before the next one is tried") {
    const std::string multiarch =
        "https://packages.microsoft.com/repos/microsoft-ubuntu-bionic-multiarch-prod";
    Converged machine(ubuntu_18_04, "aarch64");
    machine.vm.fake.http.on(multiarch, answer(200));
    std::vector<std::string> sources;
    machine.vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "update"); },
        [&](const Command& c) {
            sources.push_back(machine.vm.fake.files.text(machine.vm.own_source()));
            for (const auto& word : c.argv) {
                if (word.starts_with("Dir::State::lists=")) {
                    const auto lists = word.substr(word.find('=') + 1);
                    for (const auto& url : {ubuntu_18_04.repository, multiarch}) {
                        machine.vm.fake.files.add(
                            lists + "/" + list_file_prefix(url, "bionic") + "InRelease", "x");
                    }
                }
            }
            return exits(0);
        });
    machine.vm.fake.processes.on_each(
        {"apt-cache", "madison"},
        {exits(0), exits(0, "aadsshlogin | 1.0.2 | x bionic/main arm64 Packages\n")});
    CHECK_FALSE(machine.failure().has_value());
    REQUIRE(sources.size() == 2);
    CHECK(contains_text(sources[0], ubuntu_18_04.repository + " "));
    CHECK(contains_text(sources[1], multiarch));
    CHECK(contains_text(machine.vm.fake.files.text(machine.vm.own_source()), multiarch));
    const auto& operations = machine.vm.fake.files.operations;
    CHECK(std::ranges::count(operations, "remove " + machine.vm.own_source()) == 1);
}

TEST_CASE("restore: files of ours that vanished are written again, without a package manager") {
    Converged machine;
    machine.vm.set_up_by_us();
    machine.run.state = context(machine.world).state;
    const auto good = machine.vm.system();
    const auto restore = [&] {
        restore_own_files(machine.run, gather_facts(machine.world, machine.run.environment));
    };
    SUBCASE("nothing vanished") {
        restore();
        CHECK(machine.vm.fake.files.operations.empty());
        CHECK(machine.note("repository") == "(none)");
    }
    SUBCASE("the keyring") {
        machine.vm.fake.files.entries.erase(debian_12.keyring);
        restore();
        CHECK(contains_text(machine.note("repository"), "written again"));
    }
    SUBCASE("the source") {
        machine.vm.fake.files.entries.erase(machine.vm.own_source());
        restore();
    }
    CHECK(machine.vm.system() == good);
    CHECK(machine.vm.package_manager_commands().empty());
    CHECK(machine.vm.fake.http.requests.empty());
}

TEST_CASE(
    "restore: the keyring that packages-microsoft-prod took along, though its source stayed") {
    Converged machine;
    machine.vm.set_up_by_us();
    machine.run.state = context(machine.world).state;
    machine.vm.fake.files.add(
        "/etc/apt/sources.list.d/microsoft-prod.list",
        "deb [signed-by=" + debian_12.keyring + "] " + debian_12.repository + " bookworm main\n");
    machine.vm.fake.files.entries.erase(debian_12.keyring);
    restore_own_files(machine.run, gather_facts(machine.world, machine.run.environment));
    CHECK(machine.vm.fake.files.has(debian_12.keyring));
}

TEST_CASE("restore: what cannot be written again is a warning") {
    Converged machine;
    machine.vm.set_up_by_us();
    machine.run.state = context(machine.world).state;
    machine.vm.fake.files.entries.erase(debian_12.keyring);
    machine.vm.fake.files.refused["/usr/share/keyrings"] = "Read-only file system";
    restore_own_files(machine.run, gather_facts(machine.world, machine.run.environment));
    CHECK(contains_text(machine.note("repository"), "Read-only file system"));
}

TEST_CASE("restore: a machine on which we wrote nothing is left alone") {
    Converged machine;
    machine.vm.set_up_by_hand();
    machine.vm.forget_history();
    restore_own_files(machine.run, gather_facts(machine.world, machine.run.environment));
    CHECK(machine.vm.fake.files.operations.empty());
}

TEST_CASE("restore: a keyring of ours with a key that was withdrawn is written anew") {
    Converged machine;
    const auto key = key_file("mirror");
    machine.run.settings.key_url = "https://keys.example/mirror.gpg";
    machine.run.settings.signing_keys = {fingerprint_of(key)};
    machine.vm.fake.http.on(machine.run.settings.key_url, answer(200, key));
    REQUIRE_FALSE(machine.failure().has_value());
    machine.vm.set_up_by_hand();
    machine.vm.forget_history();
    const auto keyring = [&] { return machine.vm.fake.files.text(debian_12.keyring); };
    REQUIRE(contains_text(keyring(), key));
    const auto restore = [&] {
        restore_own_files(machine.run, gather_facts(machine.world, machine.run.environment));
    };

    SUBCASE("still wanted: nobody is asked and nothing written") {
        machine.run.settings.signing_keys.emplace_back(40, 'A');
        restore();
        CHECK(machine.vm.fake.files.operations.empty());
        CHECK(machine.vm.fake.http.requests.empty());
    }
    SUBCASE("withdrawn") {
        machine.run.settings = {};
        restore();
        CHECK_FALSE(contains_text(keyring(), key));
        CHECK(contains_text(machine.note("repository"), "no longer accepted"));
    }
    SUBCASE("withdrawn, but the administrator has changed the keyring") {
        machine.run.settings = {};
        machine.vm.fake.files.add(debian_12.keyring, keyring() + key_file("theirs"));
        restore();
        CHECK(contains_text(keyring(), key));
    }
}
