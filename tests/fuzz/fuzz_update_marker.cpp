// SPDX-License-Identifier: MIT
#include "handler/update_marker.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

namespace aadssh {

void try_input(std::string_view input) {
    static FakeWorld fake;
    static World world = fake.world();
    const std::string version = "1.0.0.0";
    fake.files.operations.clear();
    fake.files.add(update_marker_path, std::string(input), 0600);
    if (update_marker_holds(world, version)) {
        must(input.starts_with(
                 fmt::format("aadsshlogin-handler update 1\nleaving {}\nboot {}\nuptime ",
                             version,
                             fake.clock.boot)),
             "a marker holds for its version and boot only");
    }

    const std::string other(input);
    must(write_update_marker(world, other).empty(), "a marker can be written");
    must(update_marker_holds(world, other) ==
             (!other.empty() && other.find('\n') == other.npos && other.size() < 3000),
         "a marker that was just written holds for its version");
}

}  // namespace aadssh
