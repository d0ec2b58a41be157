// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"
#include "handler/json.hpp"
#include "handler/state.hpp"
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

const std::string path = "/var/lib/aadsshlogin-handler/state.json";

struct Stored {
    FakeWorld fake;
    World world = fake.world();
    std::string warning;

    explicit Stored(const std::string& text) { fake.files.add(path, text, 0600); }

    State load() {
        StateStore store(world);
        return store.load(warning);
    }
    /// What a run that changes nothing leaves.
    std::string saved_again() {
        StateStore store(world);
        store.save(store.load(warning));
        return fake.files.text(path);
    }
};

Json parsed(const std::string& text) {
    std::string error;
    const auto json = Json::parse(text, error);
    REQUIRE_MESSAGE(json.has_value(), error);
    return *json;
}

}  // namespace

TEST_CASE("state: nothing recorded is an empty state without a warning") {
    FakeWorld fake;
    World world = fake.world();
    std::string warning;
    const State state = StateStore(world).load(warning);
    CHECK(state.packages.empty());
    CHECK(state.files.empty());
    CHECK_FALSE(state.transaction.has_value());
    CHECK(warning.empty());
}

TEST_CASE("state: what is saved is what is loaded") {
    FakeWorld fake;
    World world = fake.world();
    State state;
    state.record_package("aadsshlogin");
    state.dependencies = {"libaad0"};
    state.record_file("/etc/a \"b\"", {"d1", "d2"});
    state.transaction = TransactionRecord{"install aadsshlogin", {4711, 99}, "boot-1", {"bash"}};
    state.upgrade = UpgradeRecord{"1.0.2", "1.0.3"};
    StateStore(world).save(state);

    std::string warning;
    const State loaded = StateStore(world).load(warning);
    CHECK(warning.empty());
    CHECK(loaded.packages == state.packages);
    CHECK(loaded.dependencies == state.dependencies);
    CHECK(loaded.files == state.files);
    CHECK(loaded.upgrade == state.upgrade);
    REQUIRE(loaded.transaction.has_value());
    CHECK(loaded.transaction->purpose == "install aadsshlogin");
    CHECK(loaded.transaction->process.pid == 4711);
    CHECK(loaded.transaction->process.start_time == 99);
    CHECK(loaded.transaction->boot_id == "boot-1");
    CHECK(loaded.transaction->installed_before == std::vector<std::string>{"bash"});
    CHECK(StateStore(world).peek().packages == state.packages);
}

TEST_CASE("state: the folder is closed to others and the file is written at once") {
    FakeWorld fake;
    World world = fake.world();
    StateStore(world).save({});
    CHECK(fake.files.operations ==
          std::vector<std::string>{"make_folder /var/lib/aadsshlogin-handler 0700",
                                   "write " + path + " 0600"});
}

TEST_CASE("state: a record that cannot be written is code 52 and names the folder") {
    FakeWorld fake;
    World world = fake.world();
    fake.files.refused["/var/lib"] = "Read-only file system";
    try {
        StateStore(world).save({});
        FAIL("nothing was thrown");
    } catch (const Failure& failure) {
        CHECK(failure.code == ExitCode::missing_dependency);
        const auto message = failure.message();
        CHECK(message.find(state_folder) != std::string::npos);
        CHECK(message.find("Read-only file system") != std::string::npos);
    }
}

TEST_CASE("state: damaged files are set aside, whole and with a warning") {
    const std::vector<std::string> damaged{
        "",
        "{",
        "[]",
        "\"text\"",
        std::string("\x00\xff\xfe", 3),
        R"({"packages":"aadsshlogin"})",
        R"({"packages":[1]})",
        R"({"files":{}})",
        R"({"files":[{"sha256":[]}]})",
        R"({"files":[{"path":"relative","sha256":[]}]})",
        R"({"files":[{"path":"/a","sha256":"x"}]})",
        R"({"transaction":{"purpose":"x"}})",
        R"({"transaction":[]})",
        R"({"upgrade":"1.0.2"})",
        R"({"upgrade":{"from":"1.0.2"}})",
        R"({"transaction":{"purpose":"x","pid":1,"startTime":1,"bootId":"b","installedBefore":1}})",
        std::string(2UL * 1024 * 1024, ' '),
    };
    for (const auto& text : damaged) {
        CAPTURE(text.substr(0, 60));
        Stored stored(text);
        const State state = stored.load();
        CHECK(state.packages.empty());
        CHECK(state.files.empty());
        CHECK(stored.warning.find("damaged") != std::string::npos);
        CHECK(stored.warning.ends_with("."));
        CHECK(stored.fake.files.text(path + ".damaged") == text);
        CHECK_FALSE(stored.fake.files.has(path));
    }
}

TEST_CASE("state: a damaged file that cannot be set aside is said to be still there") {
    Stored stored("{");
    stored.fake.files.refused[path + ".damaged"] = "Input/output error";
    stored.load();
    CHECK(stored.warning.find("left there (Input/output error)") != std::string::npos);
}

TEST_CASE("state: peek never changes anything") {
    Stored stored("{");
    CHECK(StateStore(stored.world).peek().packages.empty());
    CHECK(stored.fake.files.operations.empty());
}

TEST_CASE("state: a newer version's schema number and keys are kept") {
    Stored stored(
        R"({"schema":7,"packages":["aadsshlogin"],"rings":{"a":[1,null,"x"]},"ring":false})");
    const auto json = parsed(stored.saved_again());
    CHECK(stored.warning.empty());
    CHECK(json.integer("/schema") == 7);
    CHECK(json.text("/rings") == R"({"a":[1,null,"x"]})");
    CHECK(json.boolean("/ring") == false);
    CHECK(json.strings("/packages") == std::vector<std::string>{"aadsshlogin"});
}

TEST_CASE("state: a transaction of a version that noted no packages is read as one without") {
    Stored stored(
        R"({"schema":1,"transaction":{"purpose":"x","pid":1,"startTime":2,"bootId":"b"}})");
    const auto state = stored.load();
    CHECK(stored.warning.empty());
    REQUIRE(state.transaction.has_value());
    CHECK(state.transaction->installed_before.empty());
}

TEST_CASE("state: unknown keys are kept whatever their names are") {
    Stored stored(R"({"schema":1,"a/b":"slash","c~d":"tilde"})");
    const auto json = parsed(stored.saved_again());
    CHECK(json.string("/a~1b") == "slash");
    CHECK(json.string("/c~0d") == "tilde");
}

TEST_CASE("state: packages are recorded once, a file's latest digests count") {
    State state;
    state.record_package("a");
    state.record_package("a");
    CHECK(state.packages.size() == 1);
    CHECK(state.added("a"));
    state.forget_package("a");
    CHECK_FALSE(state.added("a"));

    state.record_file("/f", {"1"});
    state.record_file("/f", {"2", "1"});
    REQUIRE(state.file("/f") != nullptr);
    CHECK(state.files.size() == 1);
    CHECK(state.file("/f")->sha256 == std::vector<std::string>{"2", "1"});
    state.forget_file("/f");
    CHECK(state.file("/f") == nullptr);
}

TEST_CASE("state: an empty record is removed, one with anything in it stays") {
    Stored stored("{}");
    StateStore store(stored.world);
    State state = store.load(stored.warning);
    CHECK(state.empty());
    state.record_file("/f", {"1"});
    CHECK_FALSE(state.empty());
    store.remove_if_empty(state);
    CHECK(stored.fake.files.has(path));
    state.forget_file("/f");
    store.remove_if_empty(state);
    CHECK_FALSE(stored.fake.files.has(state_folder));
}

TEST_CASE("state: an empty record beside anything else, or with a newer version's keys, stays") {
    Stored marked("{}");
    marked.fake.files.add("/var/lib/aadsshlogin-handler/update-marker", "x");
    StateStore(marked.world).remove_if_empty({});
    CHECK(marked.fake.files.has(state_folder));

    Stored newer(R"({"rings":[1]})");
    StateStore store(newer.world);
    store.remove_if_empty(store.load(newer.warning));
    CHECK(newer.fake.files.has(state_folder));
}

TEST_CASE("state: remove takes the whole folder, but not the trace of a damaged record") {
    Stored stored("{}");
    CHECK(StateStore(stored.world).remove_or_keep_damaged().empty());
    CHECK_FALSE(stored.fake.files.has(state_folder));
    CHECK(stored.fake.files.has("/var/lib"));

    Stored damaged("{}");
    damaged.fake.files.add(path + ".damaged", "x");
    CHECK(StateStore(damaged.world).remove_or_keep_damaged().find(path + ".damaged") !=
          std::string::npos);
    CHECK(damaged.fake.files.has(path + ".damaged"));
    CHECK_FALSE(damaged.fake.files.has(path));
}
