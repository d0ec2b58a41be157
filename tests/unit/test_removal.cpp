// SPDX-License-Identifier: MIT
#include "handler/converge.hpp"
#include "handler/facts.hpp"
#include "handler/removal.hpp"
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/openpgp_armour.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

using namespace aadssh;

namespace {

/// A machine that we have set up, about to be cleared.
struct Ours {
    Machine vm;
    World world;
    RunContext run;
    State record;

    explicit Ours(const Distribution& distribution = debian_12)
        : vm(distribution), world(vm.fake.world()), run(set_up()), record(run.state) {}

    Removed remove() { return remove_added(run, vm.distribution.has_rpm() ? dnf : apt, record); }

  private:
    RunContext set_up() {
        vm.set_up_by_us();
        return context(world);
    }
};

const std::string microsoft_key = "gpg-pubkey-be1229cf";

std::string joined(const std::vector<std::string>& sentences) {
    return fmt::format("{}", fmt::join(sentences, "\n"));
}

}  // namespace

TEST_CASE("removal: everything on record goes, and the record with it") {
    Ours ours;
    const auto removed = ours.remove();
    CHECK(removed.packages == std::vector<std::string>{"aadsshlogin"});
    CHECK(removed.left.empty());
    CHECK(removed.code == ExitCode::ok);
    CHECK(ours.vm.version("aadsshlogin") == "(absent)");
    CHECK_FALSE(ours.vm.fake.files.has(ours.vm.own_source()));
    CHECK_FALSE(ours.vm.fake.files.has(debian_12.keyring));
    CHECK(ours.run.state.packages.empty());
    CHECK(ours.run.state.files.empty());
    // The package's dependencies are not ours to remove.
    CHECK(ours.vm.version("libaad0") == "3.1");
    CHECK(ours.vm.fake.processes.ran({"apt-get"}) == 0);
}

TEST_CASE("removal: packages before files, sources before keys") {
    Ours ours;
    std::size_t operations_at_purge = 0;
    ours.vm.fake.processes.on_match([](const Command& c) { return c.argv[0] == "dpkg"; },
                                    [&](const Command&) {
                                        operations_at_purge = ours.vm.fake.files.operations.size();
                                        ours.vm.dpkg.erase("aadsshlogin");
                                        return exits(0);
                                    });
    ours.remove();
    const auto& all = ours.vm.fake.files.operations;
    const auto source = std::ranges::find(all, "remove " + ours.vm.own_source());
    const auto key = std::ranges::find(all, "remove " + debian_12.keyring);
    REQUIRE(source != all.end());
    REQUIRE(key != all.end());
    CHECK(static_cast<std::size_t>(source - all.begin()) >= operations_at_purge);
    CHECK(source < key);
}

TEST_CASE("removal: a package that is gone already is not purged again") {
    Ours ours;
    ours.vm.dpkg.erase("aadsshlogin");
    const auto removed = ours.remove();
    CHECK(removed.packages.empty());
    CHECK(removed.left.empty());
    CHECK(ours.vm.fake.processes.ran({"dpkg"}) == 0);
    CHECK_FALSE(ours.run.state.added("aadsshlogin"));
}

TEST_CASE("removal: leftovers of a removed or half installed package are purged") {
    for (const char* state : {"rc ", "iF ", "iHR", "iU "}) {
        CAPTURE(state);
        Ours ours;
        ours.vm.dpkg["aadsshlogin"].state = state;
        CHECK(ours.remove().packages.size() == 1);
        CHECK(ours.vm.version("aadsshlogin") == "(absent)");
    }
}

TEST_CASE("removal: a changed file is kept and said so") {
    Ours ours;
    ours.vm.fake.files.entries.at(ours.vm.own_source()).content += "# my line\n";
    const auto removed = ours.remove();
    CHECK(ours.vm.fake.files.has(ours.vm.own_source()));
    CHECK(contains_text(joined(removed.kept),
                        ours.vm.own_source() + " stays because it was changed"));
    // A source without its key would break every refresh.
    CHECK(ours.vm.fake.files.has(debian_12.keyring));
    CHECK(removed.left.empty());
}

TEST_CASE("removal: a keyring that a package owns by now, or another source names, stays") {
    SUBCASE("owned") {
        Ours ours;
        ours.vm.owners[debian_12.keyring] = "packages-microsoft-prod";
        CHECK(contains_text(joined(ours.remove().kept), "packages-microsoft-prod"));
        CHECK(ours.vm.fake.files.has(debian_12.keyring));
        CHECK_FALSE(ours.vm.fake.files.has(ours.vm.own_source()));
    }
    SUBCASE("named by a one-line source") {
        Ours ours;
        ours.vm.fake.files.add(
            "/etc/apt/sources.list.d/edge.list",
            fmt::format("deb [signed-by={}] https://x.example s main\n", debian_12.keyring));
        CHECK(contains_text(joined(ours.remove().kept), "edge.list"));
        CHECK(ours.vm.fake.files.has(debian_12.keyring));
    }
    SUBCASE("named by a deb822 source") {
        Ours ours;
        ours.vm.fake.files.add(
            "/etc/apt/sources.list.d/edge.sources",
            fmt::format(
                "Types: deb\nURIs: https://x.example\nSuites: s\nComponents: main\nSigned-By: {}\n",
                debian_12.keyring));
        CHECK(contains_text(joined(ours.remove().kept), "edge.sources"));
    }
}

TEST_CASE("removal: a key in apt's common folder goes like any other, unless a source names it") {
    Ours ours(debian_11);
    const std::string edge = "/etc/apt/sources.list.d/edge.list";
    SUBCASE("named") {
        ours.vm.fake.files.add(
            edge, fmt::format("deb [signed-by={}] https://x.example s main\n", debian_11.keyring));
        ours.remove();
        CHECK(ours.vm.fake.files.has(debian_11.keyring));
    }
    SUBCASE("not named, but found there") {
        ours.vm.fake.files.add(edge, "deb https://packages.microsoft.com/repos/edge stable main\n");
        ours.remove();
        CHECK(ours.vm.fake.files.has(debian_11.keyring));
    }
    SUBCASE("not named") {
        ours.vm.fake.files.add(
            edge, "deb [signed-by=/k.gpg] https://packages.microsoft.com/repos/edge stable main\n");
        ours.remove();
        CHECK_FALSE(ours.vm.fake.files.has(debian_11.keyring));
    }
}

TEST_CASE("removal: a package that does not go is named, with its reason, and keeps its source") {
    Ours ours;
    ours.vm.fake.processes.on({"dpkg", "--force-remove-reinstreq"},
                              exits(1,
                                    "dpkg: error processing package aadsshlogin (--purge):\n"
                                    " installed prerm script returned error exit status 7\n"));
    const auto removed = ours.remove();
    REQUIRE(removed.left.size() == 1);
    CHECK(contains_text(removed.left[0], "the package aadsshlogin"));
    CHECK(contains_text(removed.left[0], "exit status 7"));
    CHECK(removed.code == ExitCode::verification_failed);
    CHECK(ours.vm.fake.files.has(ours.vm.own_source()));
    CHECK(ours.run.state.added("aadsshlogin"));
    CHECK(ours.run.state.files.size() == 2);
}

TEST_CASE("removal: a tool that complains although the package is gone did its work") {
    Ours ours;
    ours.vm.fake.processes.on_call({"dpkg", "--force-remove-reinstreq"}, [&](const Command&) {
        ours.vm.dpkg.erase("aadsshlogin");
        return exits(1, "dpkg: error: something else\n");
    });
    const auto removed = ours.remove();
    CHECK(removed.left.empty());
    CHECK(removed.packages.size() == 1);
}

TEST_CASE("removal: a held lock is told as such") {
    Ours ours;
    ours.vm.fake.files.lock_holders["/var/lib/dpkg/lock-frontend"] = 77;
    const auto removed = ours.remove();
    CHECK(removed.code == ExitCode::package_manager_locked);
    CHECK(contains_text(joined(removed.left), "pid 77"));
    CHECK(ours.run.state.added("aadsshlogin"));
}

TEST_CASE("removal: a purge that outlives the deadline is left running and on record") {
    Ours ours;
    auto endless = exits(0);
    endless.timed_out = true;
    ours.vm.fake.processes.on({"dpkg", "--force-remove-reinstreq"}, endless);
    const auto removed = ours.remove();
    CHECK(removed.code == ExitCode::transaction_running);
    CHECK(contains_text(joined(removed.left), "aadsshlogin"));
    CHECK(ours.run.state.transaction.has_value());
    CHECK(ours.run.state.added("aadsshlogin"));
}

TEST_CASE("removal: a file that cannot be removed is named and stays on record") {
    Ours ours;
    ours.vm.fake.files.refused[debian_12.keyring] = "Operation not permitted";
    const auto removed = ours.remove();
    CHECK(contains_text(joined(removed.left), debian_12.keyring));
    CHECK(contains_text(joined(removed.left), "Operation not permitted"));
    CHECK(removed.code != ExitCode::ok);
    CHECK(ours.run.state.file(debian_12.keyring) != nullptr);
    CHECK(ours.run.state.file(ours.vm.own_source()) == nullptr);
}

TEST_CASE("removal: without an answer of the database nothing is forgotten") {
    Ours ours;
    ours.vm.fake.processes.on({"dpkg-query"},
                              exits(2, "dpkg-query: error: parsing file '/var/lib/dpkg/status'\n"));
    CHECK_THROWS(ours.remove());
    CHECK(ours.run.state.added("aadsshlogin"));
    CHECK(ours.vm.fake.files.has(ours.vm.own_source()));
}

TEST_CASE("removal: rpm itself takes package and key, files after that") {
    Ours ours(rhel_9);
    REQUIRE(ours.record.packages == std::vector<std::string>{microsoft_key, "aadsshlogin"});
    REQUIRE(ours.vm.dpkg.contains(microsoft_key));
    const auto removed = ours.remove();
    CHECK(removed.left.empty());
    CHECK(removed.kept.empty());
    CHECK(removed.code == ExitCode::ok);
    CHECK(ours.vm.version("aadsshlogin") == "(absent)");
    CHECK_FALSE(ours.vm.dpkg.contains(microsoft_key));
    CHECK_FALSE(ours.vm.fake.files.has(ours.vm.own_source()));
    CHECK_FALSE(ours.vm.fake.files.has(rhel_9.keyring));
    CHECK(ours.vm.version("libaad0") == "3.1");
    CHECK(ours.run.state.packages.empty());
    CHECK(ours.run.state.files.empty());
    CHECK(ours.vm.package_manager_commands() ==
          std::vector<std::string>{"rpm -e --allmatches aadsshlogin",
                                   "rpm -e --allmatches " + microsoft_key});
}

TEST_CASE("removal: a key that the settings no longer name is taken out of rpm's database") {
    Ours ours(rhel_9);
    const Fingerprint extra = "0123456789ABCDEF0123456789ABCDEF01234567";
    const auto name = key_package(extra);
    ours.vm.dpkg[name] = {};
    ours.run.state.record_package(name);
    ours.run.settings.signing_keys = {extra};
    ours.run.settings.key_url = "https://mirror.example/key.asc";
    SUBCASE("still named") {
        CHECK(remove_withdrawn_keys(ours.run, dnf).packages.empty());
        CHECK(ours.vm.dpkg.contains(name));
        return;
    }
    SUBCASE("no longer named") {
        ours.run.settings.signing_keys.clear();
    }
    SUBCASE("without its address it is not named") {
        ours.run.settings.key_url.clear();
    }
    // A source at Microsoft's server has no use for somebody else's key.
    ours.vm.fake.files.add("/etc/yum.repos.d/edge.repo",
                           "[edge]\nbaseurl=https://packages.microsoft.com/yumrepos/edge\n");
    CHECK(remove_withdrawn_keys(ours.run, dnf).packages == std::vector<std::string>{name});
    CHECK_FALSE(ours.vm.dpkg.contains(name));
    CHECK_FALSE(ours.run.state.added(name));
    CHECK(ours.vm.dpkg.contains(microsoft_key));
    CHECK(ours.vm.version("aadsshlogin") != "(absent)");
}

TEST_CASE("removal: install and enable withdraw a key that the settings no longer name") {
    Ours ours(rhel_9);
    const auto name = key_package("0123456789ABCDEF0123456789ABCDEF01234567");
    ours.vm.dpkg[name] = {};
    ours.run.state.record_package(name);
    const auto facts = gather_facts(ours.world, ours.run.environment);
    SUBCASE("install") {
        converge(ours.run, facts);
    }
    SUBCASE("enable") {
        restore_own_files(ours.run, facts);
    }
    SUBCASE("one that stays is told") {
        ours.vm.fake.processes.on({"rpm", "-e"}, exits(1, "error: can't remove it\n"));
        restore_own_files(ours.run, facts);
        const auto told = std::ranges::find(ours.run.checks, "keys", &Substatus::name);
        REQUIRE(told != ours.run.checks.end());
        CHECK(told->level == Substatus::Level::warning);
        CHECK(contains_text(told->message, name));
        CHECK(ours.run.state.added(name));
        return;
    }
    CHECK_FALSE(ours.vm.dpkg.contains(name));
    CHECK_FALSE(ours.run.state.added(name));
}

TEST_CASE("removal: a key that an enabled source of the same server needs stays, with its name") {
    Ours ours(rhel_9);
    const std::string other = "/etc/yum.repos.d/edge.repo";
    const auto offer = [&](const std::string& lines) {
        ours.vm.fake.files.add(other, "[edge]\n" + lines);
        return ours.remove();
    };
    SUBCASE("needed") {
        const auto removed =
            offer("baseurl=https://packages.microsoft.com/yumrepos/edge\nenabled=1\n");
        CHECK(contains_text(joined(removed.kept), microsoft_key));
        CHECK(contains_text(joined(removed.kept), other + " needs it."));
        CHECK(ours.vm.dpkg.contains(microsoft_key));
        CHECK(removed.left.empty());
        CHECK(ours.vm.version("aadsshlogin") == "(absent)");
        CHECK_FALSE(ours.run.state.added(microsoft_key));
        CHECK(ours.vm.fake.processes.ran({"rpm", "-e", "--allmatches", microsoft_key}) == 0);
    }
    SUBCASE("switched off") {
        offer("baseurl=https://packages.microsoft.com/yumrepos/edge\nenabled=0\n");
        CHECK_FALSE(ours.vm.dpkg.contains(microsoft_key));
    }
    SUBCASE("of another server") {
        offer("baseurl=https://mirror.example/packages.microsoft.com/edge\n");
        CHECK_FALSE(ours.vm.dpkg.contains(microsoft_key));
    }
    SUBCASE("that names the file of our keyring") {
        const auto removed =
            offer("baseurl=https://mirror.example/edge\ngpgkey=file://" + rhel_9.keyring + "\n");
        CHECK_FALSE(ours.vm.dpkg.contains(microsoft_key));
        CHECK(ours.vm.fake.files.has(rhel_9.keyring));
        CHECK(contains_text(joined(removed.kept), "stays because it is used by " + other));
    }
}

TEST_CASE(
    "removal: apt's keys for sources that name none stay unless another file holds them, too") {
    Ours ours(debian_11);
    auto& files = ours.vm.fake.files;
    const std::string other = "/etc/apt/sources.list.d/edge.list";
    files.add(other, "deb https://packages.microsoft.com/debian/11/edge bullseye main\n");
    const auto also_in = [&](const std::string& file, const std::string& keys) {
        files.add("/etc/apt/trusted.gpg.d/" + file, keys);
        return ours.remove();
    };
    const std::string keys = files.read(debian_11.keyring, 1024UL * 1024).text;
    SUBCASE("one file holds them") {
        const auto removed = also_in("broken.gpg", "no keys");
        CHECK(files.has(debian_11.keyring));
        CHECK(contains_text(joined(removed.kept), "stays because it is used by " + other));
    }
    SUBCASE("a file that apt does not read does, too") {
        also_in("microsoft-prod.gpg~", keys);
        CHECK(files.has(debian_11.keyring));
    }
    SUBCASE("an armoured one does, too") {
        also_in("microsoft-prod.gpg", add_armour(keys));
        CHECK(files.has(debian_11.keyring));
    }
    SUBCASE("two do") {
        also_in("microsoft-prod.gpg", keys);
        CHECK_FALSE(files.has(debian_11.keyring));
    }
}

TEST_CASE("removal: a key that was there before us is not ours to take") {
    Machine vm(rhel_9);
    vm.dpkg[microsoft_key] = {};
    vm.set_up_by_us();
    World world = vm.fake.world();
    auto run = context(world);
    CHECK_FALSE(run.state.added(microsoft_key));
    remove_added(run, dnf, State(run.state));
    CHECK(vm.version("aadsshlogin") == "(absent)");
    CHECK(vm.dpkg.contains(microsoft_key));
}

TEST_CASE("removal: a package that rpm does not let go keeps its key and its source") {
    Ours ours(rhel_9);
    ours.vm.fake.processes.on({"rpm", "-e", "--allmatches", "aadsshlogin"},
                              exits(1,
                                    "error: Failed dependencies:\n"
                                    "\taadsshlogin is needed by (installed) mine-1-1.x86_64\n"));
    const auto removed = ours.remove();
    CHECK(contains_text(joined(removed.left), "the package aadsshlogin"));
    CHECK(contains_text(joined(removed.left), "needed by (installed) mine-1-1.x86_64"));
    CHECK(removed.code != ExitCode::ok);
    CHECK(ours.vm.dpkg.contains(microsoft_key));
    CHECK(ours.vm.fake.files.has(ours.vm.own_source()));
    CHECK(ours.run.state.added("aadsshlogin"));
    CHECK(ours.run.state.added(microsoft_key));
}

TEST_CASE("removal: what a run has added is what was not there before it") {
    State before;
    before.record_package("old");
    before.record_file("/old", {"1"});
    State now = before;
    now.record_package("new");
    now.record_file("/new", {"2"});
    now.record_file("/old", {"3", "1"});
    const auto added = added_since(before, now);
    CHECK(added.packages == std::vector<std::string>{"new"});
    REQUIRE(added.files.size() == 1);
    CHECK(added.files[0].path == "/new");
}
