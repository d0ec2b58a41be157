// SPDX-License-Identifier: MIT
// What leaves the program, over every way to fail: one line that says what, why and what to do, a
// few bytes in all, and never a secret.
#include "handler/log.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>

using namespace aadssh;

namespace {

const std::string password = "hunter2-hunter2-hunter2";
const std::string token =
    "eyJhbGciOiJSUzI1NiJ9.eyJ4bXNfbWlyaWQiOiIvc2VjcmV0In0.c2lnbmF0dXJlc2lnbmF0dXJl";

/// One way to fail.
struct Way {
    int code;
    const char* command;
    std::function<void(Machine&)> prepare;
};

/// apt-get with this word fails like that.
void apt_fails(Machine& vm, const std::string& word, const std::string& output) {
    vm.fake.processes.on_match(
        [word](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, word); },
        [output](const Command&) { return exits(100, output); });
}

/// A megabyte of talk with every secret in it, and a line at the end that explains.
std::string talk(const std::string& last_line) {
    std::string text;
    while (text.size() < 1024UL * 1024) {
        text += fmt::format(
            "Get:1 https://packages.microsoft.com via http://user:{}@proxy.example:3128\n"
            "Authorization: Bearer {}\n",
            password,
            token);
    }
    return text + last_line + "\n";
}

std::string cause(const std::string& beginning) {
    return talk(fmt::format(
        "{} (http://user:{}@proxy.example:3128, Bearer {})", beginning, password, token));
}

void imds_says(Machine& vm, HttpResponse response) {
    vm.fake.http.forget("http://169.254.169.254/metadata/identity/oauth2/token");
    vm.fake.http.on("http://169.254.169.254/metadata/identity", std::move(response));
}

const std::vector<Way> ways{
    {20,
     "install",
     [](Machine& vm) {
         apt_fails(vm, "update", cause("E: Failed to fetch https://packages.microsoft.com/x"));
     }},
    {20,
     "install",
     [](Machine& vm) {
         apt_fails(vm, "update", cause("E: Failed to fetch https://packages.microsoft.com/x"));
         vm.fake.http.forget(vm.distribution.repository);
         vm.fake.http.on(vm.distribution.repository,
                         no_answer(HttpResponse::Failure::proxy,
                                   "http://user:" + password + "@proxy.example says 407"));
     }},
    {21, "install", [](Machine& vm) { apt_fails(vm, "--no-download", cause("E: dpkg broke")); }},
    {21, "install", [](Machine& vm) { vm.scripts_work = false; }},
    {22,
     "install",
     [](Machine& vm) {
         imds_says(
             vm,
             answer(400,
                    R"({"error":"invalid_request","error_description":"Bearer )" + token + "\"}"));
     }},
    {23,
     "install",
     [](Machine& vm) {
         vm.dpkg["aadlogin"] = {"ii ", "1.0"};
     }},
    {51,
     "install",
     [](Machine& vm) { vm.fake.files.add("/etc/os-release", "ID=" + std::string(200, 'x')); }},
    {51, "install", [](Machine& vm) { vm.published.clear(); }},
    {52,
     "install",
     [](Machine& vm) {
         apt_fails(
             vm, "--download-only", cause("E: You don't have enough free space in /var/cache"));
     }},
    {52,
     "install",
     [](Machine& vm) { vm.fake.files.refused[state_folder] = "Read-only file system"; }},
    {52, "install", [](Machine& vm) { vm.fake.files.entries.erase("/usr/bin/apt-get"); }},
    {53,
     "enable",
     [](Machine& vm) { vm.fake.files.add(vm.folder + "/HandlerEnvironment.json", "{"); }},
    {53,
     "enable",
     [](Machine& vm) {
         vm.fake.files.add(
             vm.folder + "/config/0.settings",
             R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":{"repository":{"keyUrl":"http://user:)" +
                 password + R"(@x.example"}}}}]})");
     }},
    {56,
     "install",
     [](Machine& vm) { vm.fake.files.lock_holders["/var/lib/dpkg/lock-frontend"] = 9; }},
    {60,
     "install",
     [](Machine& vm) {
         imds_says(vm,
                   no_answer(HttpResponse::Failure::connect, "refused " + std::string(5000, 'x')));
     }},
    {61,
     "install",
     [](Machine& vm) {
         apt_fails(vm, "update", cause("W: GPG error: NO_PUBKEY EB3E94ADBE1229CF"));
     }},
    {62,
     "install",
     [](Machine& vm) {
         vm.fake.processes.on_match([](const Command& c) { return has_word(c, "--download-only"); },
                                    [](const Command&) {
                                        auto slow = exits(0);
                                        slow.duration = Seconds(800);
                                        return slow;
                                    });
     }},
    {63,
     "enable",
     [](Machine& vm) { vm.fake.files.held_elsewhere.insert("/run/aadsshlogin-handler/lock"); }},
    {66,
     "install",
     [](Machine& vm) {
         vm.fake.processes.on_match([](const Command& c) { return has_word(c, "--no-download"); },
                                    [](const Command&) {
                                        auto endless = exits(0);
                                        endless.timed_out = true;
                                        return endless;
                                    });
     }},
};

void check_no_secret(const std::string& where, const std::string& text) {
    CAPTURE(where);
    CHECK_FALSE(contains_text(text, password.substr(0, 8)));
    CHECK_FALSE(contains_text(text, token.substr(0, 12)));
    CHECK_FALSE(contains_text(text, "c2lnbmF0dXJl"));
}

void plant_secrets(Machine& vm) {
    vm.fake.environment["https_proxy"] = "http://user:" + password + "@proxy.example:3128";
    vm.fake.environment["HTTP_PROXY"] = "http://user:" + password + "@proxy.example:3128";
}

}  // namespace

TEST_CASE("messages: every failure is one line of at most 1,024 bytes with its code and a remedy") {
    for (const auto& way : ways) {
        CAPTURE(way.code);
        Machine vm(debian_12);
        plant_secrets(vm);
        way.prepare(vm);
        const auto ended = vm.command(way.command);
        CAPTURE(ended.err);
        CHECK(ended.code == way.code);
        CHECK(ended.out.empty());
        CHECK(ended.err.starts_with(fmt::format("AADSSH-{} ", way.code)));
        CHECK(contains_text(ended.err, ". Fix: "));
        CHECK(ended.err.ends_with(".\n"));
        CHECK(std::ranges::count(ended.err, '\n') == 1);
        CHECK(ended.err.size() <= 1025);
    }
}

TEST_CASE(
    "messages: a failure leaves the same words in a terminal status file, wherever one can be "
    "written") {
    for (const auto& way : ways) {
        Machine vm(debian_12);
        way.prepare(vm);
        const auto ended = vm.command(way.command);
        CAPTURE(ended.err);
        if (contains_text(ended.err, "HandlerEnvironment.json")) {
            continue;
        }
        const auto status = vm.status();
        CHECK(status.string("/0/status/status") == "error");
        CHECK(status.integer("/0/status/code") == way.code);
        CHECK(status.string("/0/status/formattedMessage/message").value_or("") + "\n" == ended.err);
    }
}

TEST_CASE("messages: no secret leaves the program, whatever the tools print") {
    for (const auto& way : ways) {
        CAPTURE(way.code);
        Machine vm(debian_12);
        plant_secrets(vm);
        way.prepare(vm);
        const auto ended = vm.command(way.command);
        check_no_secret("stdout", ended.out);
        check_no_secret("stderr", ended.err);
        check_no_secret("status", vm.status_text());
        check_no_secret("record", vm.state_text());
        check_no_secret("log", fmt::format("{}", fmt::join(kept_log_lines(), "\n")));
        CHECK(ended.out.size() + ended.err.size() < 3000);
    }
}

TEST_CASE("messages: no secret leaves a run that goes well, nor the plan") {
    Machine vm(debian_12);
    plant_secrets(vm);
    vm.fake.processes.on_match([](const Command& c) { return has_word(c, "--download-only"); },
                               [](const Command&) { return exits(0, talk("done")); });
    for (const std::string word : {"plan", "install", "enable", "disable", "uninstall"}) {
        CAPTURE(word);
        const auto ended = vm.command(word);
        CHECK(ended.code == 0);
        check_no_secret("stdout", ended.out);
        check_no_secret("stderr", ended.err);
        check_no_secret("status", vm.status_text());
        if (word != "plan") {
            CHECK(std::ranges::count(ended.out, '\n') == 1);
            CHECK(ended.out.size() + ended.err.size() < 3000);
            check_no_secret("log", vm.log_text());
        }
    }
    const auto handed_on = std::ranges::any_of(vm.fake.processes.commands, [](const Command& c) {
        const auto proxy = c.environment.find("https_proxy");
        return proxy != c.environment.end() && contains_text(proxy->second, password);
    });
    CHECK(handed_on);  // apt itself must have it
}

TEST_CASE("messages: the log stays readable and small under a megabyte of output") {
    Machine vm(debian_12);
    apt_fails(vm, "--no-download", cause("E: dpkg broke"));
    CHECK(vm.command("install").code == 21);
    const auto log = vm.log_text();
    CHECK(contains_text(log, "E: dpkg broke"));
    CHECK(contains_text(log, "bytes left out"));
    CHECK(log.size() < 256UL * 1024);
}
