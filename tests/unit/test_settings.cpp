// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"
#include "handler/settings.hpp"
#include "tests/fakes/world.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <array>

namespace aadssh {
namespace {

const std::string own_path = "/c/3.settings";
const std::string machine_path = machine_settings_path;
const std::string fingerprint = "BC528686B50D79E339D3721CEB3E94ADBE1229CF";

struct SettingsWorld : FakeWorld {
    HandlerEnvironment known;

    SettingsWorld() {
        known.config_folder = "/c";
        files.add_folder("/c");
    }
    void own(const std::string& text) { files.add(own_path, text); }
    void own_public(const std::string& text) {
        own(R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":)" + text + "}}]}");
    }
    void machine(const std::string& text) { files.add(machine_path, text); }
    Settings read() { return read_settings(world(), known, "3"); }

    Failure failure() {
        try {
            read();
        } catch (const Failure& failure) {
            CHECK(failure.code == ExitCode::bad_settings);
            CHECK(failure.phase == Phase::settings);
            CHECK_FALSE(failure.remedy.empty());
            return failure;
        }
        FAIL("these settings were accepted");
        return {ExitCode::ok, Phase::start, ""};
    }
};

void check_none(const Settings& settings) {
    CHECK(settings.signing_keys.empty());
    CHECK(settings.key_url.empty());
    CHECK_FALSE(settings.deadline);
    CHECK(settings.repair);
    CHECK(settings.proxy_url.empty());
    CHECK(settings.proxy_bypass.empty());
    CHECK(settings.notes.empty());
}

TEST_CASE("settings: all of them") {
    SettingsWorld fake;
    fake.own(test_data("settings/all.json"));
    const Settings settings = fake.read();
    CHECK(settings.signing_keys == std::vector<std::string>{fingerprint});
    CHECK(settings.key_url == "https://mirror.example.com/keys/mirror.asc");
    CHECK(settings.deadline == std::chrono::seconds(300));
    CHECK(settings.proxy_url == "http://user:secret@proxy.example.com:3128");
    CHECK(settings.proxy_bypass == "localhost,.example.com");
    CHECK_FALSE(settings.repair);
    CHECK(settings.notes.empty());
}

TEST_CASE("settings: what the agent writes for no settings means none") {
    for (const std::string name : {"empty.json",
                                   "null.json",
                                   "empty_object.json",
                                   "null_runtime.json",
                                   "empty_runtime.json",
                                   "null_element.json",
                                   "null_handler.json",
                                   "nulls.json",
                                   "no_keys.json"}) {
        CAPTURE(name);
        SettingsWorld fake;
        fake.own(test_data("settings/" + name));
        check_none(fake.read());
    }
}

TEST_CASE("settings: no file, no number or no folder means none") {
    SettingsWorld fake;
    check_none(fake.read());
    fake.own(test_data("settings/all.json"));
    check_none(read_settings(fake.world(), fake.known, std::nullopt));
    fake.known.config_folder = "";
    check_none(fake.read());
}

TEST_CASE("settings: an unknown setting is named together with the known ones") {
    SettingsWorld fake;
    fake.own(test_data("settings/unknown.json"));
    const Failure failure = fake.failure();
    CHECK(failure.problem == "the public setting /reposotory is not valid");
    CHECK(failure.cause ==
          "unknown setting (known: repository, repair, proxy, deadlineSeconds); read from "
          "/c/3.settings");
    CHECK(failure.remedy ==
          "correct it with az vm extension set --settings and run the extension again");
}

TEST_CASE("settings: wrong values are named with path and rule") {
    struct Example {
        std::string text;
        std::string problem;
        std::string cause;
    };
    const auto examples = std::to_array<Example>({
        {R"({"deadlineSeconds":9})",
         "the public setting /deadlineSeconds is not valid",
         "must be at least 10"},
        {R"({"deadlineSeconds":841})",
         "the public setting /deadlineSeconds is not valid",
         "must be at most 840"},
        {R"({"deadlineSeconds":"60"})",
         "the public setting /deadlineSeconds is not valid",
         "must be an integer, not a string"},
        {R"({"deadlineSeconds":null})",
         "the public setting /deadlineSeconds is not valid",
         "must be an integer, not null"},
        {R"({"repository":[]})",
         "the public setting /repository is not valid",
         "must be an object, not an array"},
        {R"({"repository":{"keyurl":"x"}})",
         "the public setting /repository/keyurl is not valid",
         "unknown setting (known: signingKeys, keyUrl)"},
        {R"({"repository":{"signingKeys":"x"}})",
         "the public setting /repository/signingKeys is not valid",
         "must be an array, not a string"},
        {R"({"repository":{"keyUrl":"https://a b"}})",
         "the public setting /repository/keyUrl is not valid",
         "it does not match ^https://"},
        {R"({"repository":{"keyUrl":"https://a\nb"}})",
         "the public setting /repository/keyUrl is not valid",
         ""},
        {R"({"repository":{"keyUrl":"xhttps://a"}})",
         "the public setting /repository/keyUrl is not valid",
         ""},
        {R"(7)", "the public settings are not valid", "must be an object, not a number"},
        {R"("text")", "the public settings are not valid", "must be an object, not a string"},
    });
    for (const Example& example : examples) {
        CAPTURE(example.text);
        SettingsWorld fake;
        fake.own_public(example.text);
        const Failure failure = fake.failure();
        CHECK(failure.problem == example.problem);
        CAPTURE(failure.cause);
        CHECK(failure.cause.starts_with(example.cause));
    }
}

TEST_CASE("settings: the same from files") {
    const auto problem_of = [](const std::string& name) {
        SettingsWorld fake;
        fake.own(test_data("settings/" + name));
        return fake.failure().problem;
    };
    CHECK(problem_of("plain_http.json") == "the public setting /repository/keyUrl is not valid");
    CHECK(problem_of("short_key.json") ==
          "the public setting /repository/signingKeys/1 is not valid");
    CHECK(problem_of("not_an_object.json") == "the public settings are not valid");
    CHECK(problem_of("truncated.json") == "/c/3.settings cannot be used");
    CHECK(problem_of("not_utf8.json") == "/c/3.settings cannot be used");
    CHECK(problem_of("envelope_object.json") == "/c/3.settings cannot be used");
    CHECK(problem_of("key_url_alone.json") ==
          "the setting /repository/keyUrl is useless without /repository/signingKeys");
}

TEST_CASE("settings: an envelope of the wrong shape is told with its path") {
    struct Example {
        std::string text;
        std::string cause;
    };
    for (const Example& example :
         {Example{"[]", "the whole is no object"},
          Example{R"({"runtimeSettings":{}})", "/runtimeSettings is no array"},
          Example{R"({"runtimeSettings":"x"})", "/runtimeSettings is no array"},
          Example{R"({"runtimeSettings":[1]})", "/runtimeSettings/0 is no object"},
          Example{R"({"runtimeSettings":[{"handlerSettings":[]}]})",
                  "/runtimeSettings/0/handlerSettings is no object"}}) {
        CAPTURE(example.text);
        SettingsWorld fake;
        fake.own(example.text);
        CHECK(fake.failure().cause == example.cause);
    }
}

TEST_CASE("settings: oversized, deep and unreadable files are refused by name") {
    SettingsWorld fake;
    SUBCASE("more than 1 MiB") {
        fake.own(std::string(1024UL * 1024 + 1, ' '));
        CHECK(fake.failure().problem == "/c/3.settings cannot be read");
    }
    SUBCASE("deep") {
        fake.own(std::string(100'000, '['));
        const Failure failure = fake.failure();
        CHECK(failure.problem == "/c/3.settings cannot be used");
        CHECK(failure.cause == "nested more than 32 deep (at byte 32)");
    }
    SUBCASE("unreadable") {
        fake.machine("{}");
        fake.files.answers[own_path] = {FileText::State::failed, "", "Input/output error"};
        const Failure failure = fake.failure();
        CHECK(failure.problem == "/c/3.settings cannot be read");
        CHECK(failure.cause == "Input/output error");
    }
}

TEST_CASE("settings: protected settings are noted, not read") {
    SettingsWorld fake;
    fake.own(test_data("settings/protected.json"));
    const Settings settings = fake.read();
    REQUIRE(settings.notes.size() == 1);
    CHECK(settings.notes[0].find("Protected settings") == 0);
    CHECK(settings.notes[0].find("MIIB") == std::string::npos);
    fake.own(R"({"runtimeSettings":[{"handlerSettings":{"protectedSettings":""}}]})");
    CHECK(fake.read().notes.empty());
}

TEST_CASE("settings: the machine-wide file gives what the extension's own do not") {
    SettingsWorld fake;
    fake.machine(
        R"({"repository":{"signingKeys":["1111111111111111111111111111111111111111"],"keyUrl":"https://machine/key"},"deadlineSeconds":500})");
    SUBCASE("no settings of our own") {
        const Settings settings = fake.read();
        CHECK(settings.signing_keys.size() == 1);
        CHECK(settings.key_url == "https://machine/key");
        CHECK(settings.deadline == std::chrono::seconds(500));
    }
    SUBCASE("nested keys one by one") {
        fake.own_public(R"({"repository":{"keyUrl":"https://own/key"},"deadlineSeconds":60})");
        const Settings settings = fake.read();
        CHECK(settings.signing_keys == std::vector<std::string>{std::string(40, '1')});
        CHECK(settings.key_url == "https://own/key");
        CHECK(settings.deadline == std::chrono::seconds(60));
    }
    SUBCASE("an array is one value, an empty one too") {
        fake.own_public(
            R"({"repository":{"signingKeys":["2222222222222222222222222222222222222222"]}})");
        CHECK(fake.read().signing_keys == std::vector<std::string>{std::string(40, '2')});
        fake.own_public(R"({"repository":{"signingKeys":[]}})");
        CHECK(fake.failure().problem.find("keyUrl is useless") != std::string::npos);
    }
    SUBCASE("without a settings folder") {
        fake.known.config_folder = "";
        CHECK(fake.read().key_url == "https://machine/key");
    }
}

TEST_CASE("settings: the machine-wide file may be empty") {
    for (const std::string text : {"", "\n", "null", "{}"}) {
        CAPTURE(text);
        SettingsWorld fake;
        fake.machine(text);
        check_none(fake.read());
    }
}

TEST_CASE("settings: a machine-wide file that others could have written is refused") {
    SettingsWorld fake;
    fake.machine("{}");
    SUBCASE("owner") {
        fake.files.entries[machine_path].owner = 1000;
    }
    SUBCASE("mode") {
        fake.files.entries[machine_path].mode = 0664;
    }
    SUBCASE("folder") {
        fake.files.entries["/etc/aadsshlogin"].mode = 0777;
    }
    const Failure failure = fake.failure();
    CHECK(failure.problem == machine_path + " cannot be trusted");
    CHECK_FALSE(failure.cause.empty());
    CHECK(failure.remedy.find("chown root:root " + machine_path + " && ") != std::string::npos);
    CHECK(failure.remedy.find("chmod go-w " + machine_path) != std::string::npos);
}

TEST_CASE("settings: where there is no machine-wide file, its folders need not be trusted") {
    SettingsWorld fake;
    fake.files.answers[machine_path] = {FileText::State::untrusted, "", "/etc can be written"};
    check_none(fake.read());
}

TEST_CASE("settings: mistakes in the machine-wide file name that file") {
    SettingsWorld fake;
    SUBCASE("value") {
        fake.machine(R"({"deadlineSeconds":1})");
        const Failure failure = fake.failure();
        CHECK(failure.problem == "the machine-wide setting /deadlineSeconds is not valid");
        CHECK(failure.cause == "must be at least 10; read from " + machine_path);
        CHECK(failure.remedy == "correct " + machine_path + " and run the extension again");
    }
    SUBCASE("no JSON") {
        fake.machine("deadlineSeconds = 60");
        CHECK(fake.failure().problem == machine_path + " cannot be used");
    }
    SUBCASE("unreadable") {
        fake.machine("{}");
        fake.files.answers[machine_path] = {FileText::State::denied, "", "Permission denied"};
        CHECK(fake.failure().problem == machine_path + " cannot be read");
    }
}

TEST_CASE("settings: a proxy is refused without quoting what may be its password") {
    for (const std::string value :
         {R"("user:hunter2hunter2@proxy.example:3128")",
          R"({"url":"user:hunter2hunter2@proxy.example:3128"})",
          R"({"url":"http://user:hunter2hunter2@proxy.example"})",
          R"({"url":"http://user:hunter2hunter2@proxy.example:port"})",
          R"({"url":"ftp://user:hunter2hunter2@proxy.example:3128"})",
          R"({"url":["user:hunter2hunter2@proxy.example:3128"]})",
          R"({"url":"http://user:hunter2hunter2@:3128"})",
          R"({"url":"http://user:hunter2\"hunter2@proxy.example:3128"})"}) {
        CAPTURE(value);
        SettingsWorld fake;
        fake.own_public(R"({"proxy":)" + value + "}");
        const Failure failure = fake.failure();
        CHECK(failure.problem.starts_with("the public setting /proxy"));
        CHECK(failure.message().find("hunter2") == std::string::npos);
        CHECK(failure.cause.find("http://proxy.example.com:3128") != std::string::npos);
    }
}

TEST_CASE("settings: hosts that bypass the proxy need a proxy, and are hosts") {
    SettingsWorld fake;
    fake.own_public(R"({"proxy":{"bypass":["a.example"]}})");
    CHECK(fake.failure().problem == "the setting /proxy/bypass is useless without /proxy/url");
    fake.own_public(R"({"proxy":{"url":"http://p.example:1","bypass":["a b"]}})");
    CHECK(fake.failure().problem == "the public setting /proxy/bypass/0 is not valid");
    fake.own_public(R"({"proxy":{"url":"HTTP://p.example:1/"}})");
    CHECK(fake.failure().problem == "the public setting /proxy/url is not valid");
    fake.own_public(R"({"proxy":{"url":"http://p.example:1/"}})");
    CHECK(fake.read().proxy_url == "http://p.example:1");
    fake.machine(R"({"proxy":{"url":"http://machine.example:1","bypass":["a.example"]}})");
    CHECK(fake.read().proxy_url == "http://p.example:1");
    CHECK(fake.read().proxy_bypass == "a.example");
}

TEST_CASE("settings: signing keys without an address are fine") {
    SettingsWorld fake;
    fake.own_public(
        R"({"repository":{"signingKeys":["bc528686b50d79e339d3721ceb3e94adbe1229cf"]}})");
    CHECK(fake.read().signing_keys == std::vector<std::string>{fingerprint});
}

}  // namespace
}  // namespace aadssh
