// SPDX-License-Identifier: MIT
#include "handler/environment.hpp"
#include "tests/fakes/world.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

namespace aadssh {
namespace {

const std::string folder =
    "/var/lib/waagent/Microsoft.Azure.ActiveDirectory.AADSSHLoginForLinux-1.0.0";
const std::string file = folder + "/HandlerEnvironment.json";

/// A machine on which the agent runs one of our commands.
struct AgentWorld : FakeWorld {
    explicit AgentWorld(const std::string& text) {
        files.add(file, text);
        environment["AZURE_GUEST_AGENT_EXTENSION_PATH"] = folder;
        environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = "1.0.0";
    }
};

TEST_CASE("environment: what the agent writes is read") {
    AgentWorld fake(test_data("environment/agent.json"));
    const HandlerEnvironment environment = read_handler_environment(fake.world());
    CHECK(environment.problem == "");
    CHECK(environment.usable());
    CHECK(environment.handler_folder == folder);
    CHECK(environment.config_folder == folder + "/config");
    CHECK(environment.status_folder == folder + "/status");
    CHECK(environment.log_folder ==
          "/var/log/azure/Microsoft.Azure.ActiveDirectory.AADSSHLoginForLinux");
    CHECK(environment.extension_version == "1.0.0");
    CHECK(environment.waagent_folder == "/var/lib/waagent");
}

TEST_CASE("environment: run by hand, the program's own folder is searched") {
    FakeWorld fake;
    fake.own_folder = "/srv/agent/Handler-2";
    SUBCASE("and the file is there") {
        fake.files.add("/srv/agent/Handler-2/HandlerEnvironment.json",
                       test_data("environment/agent.json"));
        const HandlerEnvironment environment = read_handler_environment(fake.world());
        CHECK(environment.usable());
        CHECK(environment.handler_folder == "/srv/agent/Handler-2");
        CHECK(environment.waagent_folder == "/srv/agent");
        CHECK(environment.extension_version == "");
    }
    SUBCASE("in a folder that no agent makes") {
        fake.own_folder = "/opt/aadssh";
        fake.files.add("/opt/aadssh/HandlerEnvironment.json", test_data("environment/agent.json"));
        const HandlerEnvironment environment = read_handler_environment(fake.world());
        CHECK(environment.handler_folder == "/opt/aadssh");
        CHECK(environment.waagent_folder == "/var/lib/waagent");
    }
    SUBCASE("and it is not there") {
        const HandlerEnvironment environment = read_handler_environment(fake.world());
        CHECK_FALSE(environment.usable());
        CHECK(environment.problem ==
              "/srv/agent/Handler-2/HandlerEnvironment.json cannot be used: it does not exist");
        CHECK(environment.handler_folder == "/srv/agent/Handler-2");
        CHECK(environment.waagent_folder == "/srv/agent");
    }
    SUBCASE("and it is not there, in a folder that no agent makes") {
        fake.own_folder = "/opt/aadssh";
        const HandlerEnvironment environment = read_handler_environment(fake.world());
        CHECK_FALSE(environment.usable());
        CHECK(environment.handler_folder == "");
        CHECK(environment.waagent_folder == "/var/lib/waagent");
    }
}

TEST_CASE("environment: a variable that is no absolute path is not believed") {
    FakeWorld fake;
    fake.environment["AZURE_GUEST_AGENT_EXTENSION_PATH"] = "handler";
    fake.files.add("/opt/handler/HandlerEnvironment.json", test_data("environment/agent.json"));
    CHECK(read_handler_environment(fake.world()).handler_folder == "/opt/handler");
}

TEST_CASE("environment: an unusable file leaves a problem and the folder it was found in") {
    struct Example {
        std::string name;
        std::string problem;
    };
    for (const Example& example :
         {Example{"empty.json", "not valid JSON: The document is empty (at byte 0)"},
          Example{"truncated.json", "not valid JSON"},
          Example{"not_utf8.json", "not valid JSON"},
          Example{"object.json", "it is no array whose first element holds a handlerEnvironment"},
          Example{"empty_array.json", "it is no array"},
          Example{"relative.json", "/0/handlerEnvironment/logFolder is not an absolute path"},
          Example{"wrong_type.json",
                  "/0/handlerEnvironment/statusFolder is not an absolute path"}}) {
        CAPTURE(example.name);
        AgentWorld fake(test_data("environment/" + example.name));
        const HandlerEnvironment environment = read_handler_environment(fake.world());
        CHECK_FALSE(environment.usable());
        CAPTURE(environment.problem);
        CHECK(environment.problem.starts_with(file + " cannot be used: " + example.problem));
        CHECK(environment.handler_folder == folder);
        CHECK(environment.waagent_folder == "/var/lib/waagent");
    }
}

TEST_CASE("environment: oversized, deep and unreadable files are problems too") {
    SUBCASE("more than 64 KiB") {
        AgentWorld fake(test_data("environment/agent.json") + std::string(64UL * 1024, ' '));
        CHECK(read_handler_environment(fake.world()).problem.find("more than 65536 bytes") !=
              std::string::npos);
    }
    SUBCASE("deep") {
        AgentWorld fake(std::string(60'000, '['));
        CHECK(read_handler_environment(fake.world()).problem.find("nested more than 32 deep") !=
              std::string::npos);
    }
    SUBCASE("unreadable") {
        AgentWorld fake("");
        fake.files.answers[file] = {FileText::State::denied, "", "Permission denied"};
        CHECK(read_handler_environment(fake.world()).problem ==
              file + " cannot be used: Permission denied");
    }
    SUBCASE("a folder") {
        FakeWorld fake;
        fake.environment["AZURE_GUEST_AGENT_EXTENSION_PATH"] = folder;
        fake.files.add_folder(file);
        CHECK_FALSE(read_handler_environment(fake.world()).usable());
    }
}

struct SequenceWorld : FakeWorld {
    HandlerEnvironment known;

    SequenceWorld() {
        known.config_folder = "/c";
        files.add_folder("/c");
    }
    void add(const std::string& name, std::int64_t modified) {
        files.add("/c/" + name, "{}");
        files.entries["/c/" + name].modified = modified;
    }
    std::optional<std::string> number() { return sequence_number(world(), known); }
};

TEST_CASE("sequence number: the agent's variable comes first") {
    SequenceWorld fake;
    fake.add("9.settings", 900);
    fake.environment["ConfigSequenceNumber"] = "3";
    CHECK(fake.number() == "3");
    fake.environment["ConfigSequenceNumber"] = "1234567890";
    CHECK(fake.number() == "1234567890");
}

TEST_CASE("sequence number: a variable that is no number is passed over") {
    SequenceWorld fake;
    fake.add("9.settings", 900);
    for (const std::string value : {"", "-1", "3x", "../3", " 3", "12345678901", "\xD9\xA3"}) {
        CAPTURE(value);
        fake.environment["ConfigSequenceNumber"] = value;
        CHECK(fake.number() == "9");
    }
}

TEST_CASE("sequence number: else the settings file modified last, not the highest number") {
    SequenceWorld fake;
    fake.add("10.settings", 100);
    fake.add("2.settings", 300);
    fake.add("Other.11.settings", 900);
    fake.add("x.settings", 900);
    fake.add(".settings", 900);
    fake.add("12.status", 900);
    CHECK(fake.number() == "2");
    fake.add("11.settings", 300);  // the same second
    CHECK(fake.number() == "11");
    fake.files.add_folder("/c/99.settings");
    fake.files.entries["/c/99.settings"].modified = 999;
    CHECK(fake.number() == "11");
}

TEST_CASE("sequence number: nothing where nothing tells it") {
    SequenceWorld fake;
    CHECK_FALSE(fake.number());
    fake.known.config_folder = "";
    CHECK_FALSE(fake.number());
    fake.known.config_folder = "/absent";
    CHECK_FALSE(fake.number());
}

}  // namespace
}  // namespace aadssh
