// SPDX-License-Identifier: MIT
#include "handler/find_proxy.hpp"
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/tdnf.hpp"
#include "installers/zypper.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <vector>

using namespace aadssh;

namespace {

struct Search {
    Machine vm;
    World world = vm.fake.world();
    RunContext run = context(world);

    explicit Search(const Distribution& distribution = debian_12) : vm(distribution) {}

    void file(const std::string& path, const std::string& text) { vm.fake.files.add(path, text); }
    /// The finding; "none".
    std::string found(const PackageTool& tool) {
        world.environment = vm.fake.environment;
        run.checks.clear();
        find_proxy(run, tool);
        return run.checks.empty() ? "none" : run.checks.front().message;
    }
    std::string found() { return found(vm.distribution.has_rpm() ? dnf : apt); }
    void apt_says(const std::string& dump) {
        vm.fake.processes.on({"apt-config", "dump"}, exits(0, dump));
    }
};

/// The places in the order in which they count, each with a proxy named like it.
struct Place {
    std::string host;
    std::function<void(Search&)> name_proxy;
};
const std::vector<Place> places = {
    {"setting.example", [](Search& s) { s.run.settings.proxy_url = "http://setting.example:1"; }},
    {"variable.example",
     [](Search& s) { s.vm.fake.environment["HTTPS_PROXY"] = "http://variable.example:1"; }},
    {"waagent.example",
     [](Search& s) {
         s.file("/etc/waagent.conf", "HttpProxy.Host=waagent.example\nHttpProxy.Port=1\n");
     }},
    {"tool.example",
     [](Search& s) { s.apt_says("Acquire::http::Proxy \"http://tool.example:1\";\n"); }},
    {"environment.example",
     [](Search& s) { s.file("/etc/environment", "https_proxy=http://environment.example:1\n"); }},
    {"arc.example",
     [](Search& s) {
         s.file("/var/opt/azcmagent/localconfig.json", R"({"proxy.url":"http://arc.example:1"})");
     }},
};

}  // namespace

TEST_CASE("find proxy: each place counts over all that come after it") {
    for (std::size_t first = 0; first < places.size(); ++first) {
        Search search;
        for (std::size_t i = first; i < places.size(); ++i) {
            places[i].name_proxy(search);
        }
        CAPTURE(places[first].host);
        const auto found = search.found();
        CAPTURE(found);
        CHECK(contains_text(found, places[first].host + ":1"));
        CHECK(found.ends_with("."));
        CHECK(search.run.proxies.for_url("https://packages.microsoft.com/x") ==
              "http://" + places[first].host + ":1");
    }
}

TEST_CASE("find proxy: a proxy of the package manager's own goes before one that it is offered") {
    Search search;
    search.apt_says("Acquire::http::Proxy \"http://user:hunter2@tool.example:1\";\n");
    SUBCASE("by a variable") {
        search.vm.fake.environment["https_proxy"] = "http://variable.example:1";
        CHECK(search.found() ==
              "Downloads go through the proxy variable.example:1, which the variable https_proxy "
              "names, but apt's own configuration (apt-config dump) names tool.example:1, and apt "
              "uses that.");
        CHECK(search.run.proxies.https == "http://variable.example:1");
    }
    SUBCASE("by waagent.conf") {
        search.file("/etc/waagent.conf", "HttpProxy.Host=waagent.example\n");
        CHECK(contains_text(search.found(), "names tool.example:1, and apt uses that."));
    }
    SUBCASE("unless they are the same") {
        search.vm.fake.environment["https_proxy"] = "http://tool.example:1/";
        CHECK(search.found() ==
              "Downloads go through the proxy tool.example:1, which the variable https_proxy "
              "names.");
    }
    SUBCASE("and gives way to one that is imposed") {
        search.run.settings.proxy_url = "http://setting.example:1";
        CHECK(search.found() ==
              "Downloads go through the proxy setting.example:1, which the setting proxy names.");
    }
}

TEST_CASE("find proxy: zypper and tdnf keep their own proxy whatever the setting says") {
    Search search(rhel_9);
    search.run.settings.proxy_url = "http://setting.example:1";
    search.file("/etc/sysconfig/proxy",
                "PROXY_ENABLED=\"yes\"\nHTTPS_PROXY=\"http://suse.example:2\"\n");
    search.file("/etc/tdnf/tdnf.conf", "[main]\nproxy=http://mariner.example:3\n");
    search.file("/etc/dnf/dnf.conf", "[main]\nproxy=http://rhel.example:4\n");
    const std::string beginning =
        "Downloads go through the proxy setting.example:1, which the setting proxy names";
    CHECK(search.found(zypper) ==
          beginning +
              ", but zypper's own configuration (/etc/sysconfig/proxy) names "
              "suse.example:2, and zypper uses that.");
    CHECK(search.found(tdnf) == beginning +
                                    ", but tdnf's own configuration (/etc/tdnf/tdnf.conf) names "
                                    "mariner.example:3, and tdnf uses that.");
    CHECK(search.found(dnf) == beginning + ".");
}

TEST_CASE("find proxy: none is no finding, and no_proxy alone names none") {
    Search search;
    search.vm.fake.environment["no_proxy"] = "a.example";
    CHECK(search.found() == "none");
    CHECK(search.run.proxies.source.empty());
    CHECK(search.run.proxies.variables() == Variables{{"no_proxy", "a.example"}});
}

TEST_CASE("find proxy: the finding names place and bypass, and no password") {
    Search search;
    search.run.settings.proxy_url = "http://user:hunter2@proxy.example:3128";
    search.run.settings.proxy_bypass = "localhost,.example.com";
    CHECK(search.found() ==
          "Downloads go through the proxy proxy.example:3128, which the setting proxy names. "
          "Directly to: localhost,.example.com.");
    CHECK(search.run.proxies.reach == ProxyReach::imposed);
    CHECK(search.run.proxies.variables().at("https_proxy") ==
          "http://user:hunter2@proxy.example:3128");
}

TEST_CASE("find proxy: what the package manager has configured itself is not handed to it") {
    Search search;
    search.vm.fake.environment["no_proxy"] = "a.example";
    search.apt_says(
        "Acquire::https::Proxy \"http://user:hunter2@tool.example:1\";\n"
        "Acquire::https::Proxy::mirror.example \"DIRECT\";\n");
    CHECK(contains_text(search.found(), "apt's own configuration (apt-config dump)"));
    CHECK(search.run.proxies.https == "http://user:hunter2@tool.example:1");
    CHECK(search.run.proxies.for_url("https://mirror.example/x").empty());
    CHECK(search.run.proxies.for_url("https://a.example/x").empty());
    CHECK(search.run.proxies.variables() == Variables{{"no_proxy", "mirror.example,a.example"}});
}

TEST_CASE("find proxy: dnf's file is read, nobody is asked") {
    Search search(rhel_9);
    search.file("/etc/dnf/dnf.conf", "[main]\nproxy=http://tool.example:1\n");
    search.vm.fake.processes.commands.clear();
    CHECK(contains_text(search.found(), "dnf's own configuration (/etc/dnf/dnf.conf)"));
    CHECK(search.vm.fake.processes.commands.empty());
}

TEST_CASE("find proxy: what cannot be read, or what anybody may write, names none") {
    Search search;
    search.file("/etc/environment", "https_proxy=http://planted.example:1\n");
    search.vm.fake.files.entries.at("/etc/environment").mode = 0666;
    CHECK(search.found() == "none");
    search.vm.fake.files.entries["/etc/real"] = search.vm.fake.files.entries["/etc/environment"];
    search.vm.fake.files.add_link("/etc/environment", "/etc/real");
    CHECK(search.found() == "none");
    search.vm.fake.files.entries.at("/etc/real").mode = 0644;
    CHECK(contains_text(search.found(), "planted.example:1"));
    search.vm.fake.files.answers["/etc/environment"] = {
        FileText::State::too_big, "", "it has more than 262144 bytes"};
    CHECK(search.found() == "none");
    search.vm.fake.processes.on({"apt-config", "dump"},
                                exits(100, "Acquire::http::Proxy \"http://broken.example:1\";\n"));
    CHECK(search.found() == "none");
}

TEST_CASE("find proxy: waagent.conf as the agent reads it") {
    const auto url = [](const std::string& text) { return waagent_proxy(text).https; };
    CHECK(url("HttpProxy.Host=proxy.example\nHttpProxy.Port=3128 # ours\n") ==
          "http://proxy.example:3128");
    CHECK(url("HttpProxy.Host=\"proxy.example\"\n") == "http://proxy.example:80");
    CHECK(url("HttpProxy.Host=proxy.example\nHttpProxy.Port=None\n") == "http://proxy.example:80");
    CHECK(url("HttpProxy.Host=None\nHttpProxy.Port=3128\n").empty());
    CHECK(url("# HttpProxy.Host=proxy.example\n").empty());
    CHECK(url("HttpProxy.Port=3128\n").empty());
    CHECK(url("HttpProxy.Host=pro xy\nHttpProxy.Port=1\n").empty());
    CHECK(waagent_proxy("HttpProxy.Host=p\n").http == "http://p:80");
    CHECK(url("HttpProxy.Host=http://joe:x@proxy.example/a\n") ==
          "http://joe:x@proxy.example:80/a");
    CHECK(url("HttpProxy.Host=proxy.example:\n") == "http://proxy.example:80");
    CHECK(url("HttpProxy.Host=fe80::1\n") == "http://[fe80::1]:80");
    CHECK(url("HttpProxy.Host=[fe80::1]\n") == "http://[fe80::1]:80");
    CHECK(url("HttpProxy.Host=[fe80::1]x\n").empty());
    CHECK(url("HttpProxy.Host=[fe80::1\n").empty());
}

TEST_CASE("find proxy: /etc/environment as pam_env reads it, in either case") {
    const auto found = environment_file_proxy(
        "PATH=\"/usr/bin\"\nexport HTTPS_PROXY='proxy.example:3128'\nno_proxy=a.example,b\n");
    CHECK(found.https == "http://proxy.example:3128");
    CHECK(found.http.empty());
    CHECK(found.bypass == "a.example,b");
}

TEST_CASE("find proxy: Arc's configuration, whose bypass list names services and not hosts") {
    const auto found = arc_proxy(
        R"({"proxy.url":"http://proxy.example","proxy.bypass":["AAD","ARM"],"config.mode":"full"})");
    CHECK(found.http == "http://proxy.example:80");
    CHECK(found.https == "http://proxy.example:80");
    CHECK(found.bypass.empty());
    for (const std::string text :
         {"", "no json", "[]", R"({"proxy.url":7})", R"({"proxy.url":""})"}) {
        CHECK(arc_proxy(text).https.empty());
    }
}

TEST_CASE(
    "find proxy: install hands the setting on, and enable of a healthy machine looks for none") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/aadsshlogin/settings.json",
                      R"({"proxy":{"url":"http://user:hunter2hunter2@proxy.example:3128"}})");
    CHECK(vm.command("install").code == 0);
    CHECK(contains_text(vm.check("proxy"), "proxy.example:3128, which the setting proxy names"));
    CHECK_FALSE(
        contains_text(vm.status_text() + vm.log_text() + vm.command("plan").out, "hunter2"));
    const auto lines = vm.fake.processes.lines();
    CHECK(std::ranges::none_of(
        lines, [](const std::string& line) { return contains_text(line, "hunter2"); }));
    CHECK(std::ranges::any_of(lines, [](const std::string& line) {
        return contains_text(line, "--config-file=/var/cache/aadsshlogin-handler/proxy.conf");
    }));
    CHECK_FALSE(vm.fake.files.has("/var/cache/aadsshlogin-handler/proxy.conf"));
    vm.forget_history();
    vm.fake.files.entries.erase("/etc/aadsshlogin/settings.json");
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.fake.processes.ran({"apt-config"}) == 0);
    CHECK(vm.check("proxy") == "(none)");
}
