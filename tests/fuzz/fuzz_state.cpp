// SPDX-License-Identifier: MIT
#include "handler/state.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace aadssh {
namespace {

bool same(const State& a, const State& b) {
    const auto key = [](const State& state) {
        const TransactionRecord none;
        const TransactionRecord& t = state.transaction ? *state.transaction : none;
        return std::tuple(state.packages,
                          state.dependencies,
                          state.transaction.has_value(),
                          t.purpose,
                          t.process.pid,
                          t.process.start_time,
                          t.boot_id,
                          t.installed_before);
    };
    return key(a) == key(b) && a.files == b.files;
}

}  // namespace

void try_input(std::string_view input) {
    static const std::string path = std::string(state_folder) + "/state.json";
    static FakeWorld fake;
    static World world = fake.world();
    fake.files.operations.clear();
    fake.files.add(path, std::string(input), 0600);
    StateStore store(world);
    std::string warning;
    const State state = store.load(warning);
    if (!warning.empty()) {
        must_be_showable(warning, 600);
        must(state.empty(), "a damaged record decides nothing");
        must(fake.files.has(path + ".damaged"), "a damaged record is kept");
        return;
    }
    must(same(state, store.peek()), "peek and load agree");
    store.save(state);
    const State again = StateStore(world).load(warning);
    must(warning.empty() && same(state, again), "the record reads the same after it was written");
}

}  // namespace aadssh
