// SPDX-License-Identifier: MIT
// HandlerEnvironment.json.
#include "handler/environment.hpp"
#include "handler/json.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>

namespace aadssh {
namespace {

/// The same folders, written as the agent writes them.
std::string rewritten(const HandlerEnvironment& environment) {
    JsonWriter writer;
    writer.array().object().key("handlerEnvironment").object();
    writer.key("logFolder").value(environment.log_folder);
    writer.key("configFolder").value(environment.config_folder);
    writer.key("statusFolder").value(environment.status_folder);
    writer.end().end().end();
    return writer.text();
}

HandlerEnvironment read_as_file(std::string_view text) {
    static FakeWorld fake;
    fake.own_folder = "/opt/Handler-1";
    const World world = fake.world();
    fake.files.answers["/opt/Handler-1/HandlerEnvironment.json"] = {
        FileText::State::read, std::string(text), {}};
    return read_handler_environment(world);
}

}  // namespace

void try_input(std::string_view input) {
    const HandlerEnvironment environment = read_as_file(input);
    must(environment.waagent_folder == "/opt", "the agent's folder does not depend on the file");
    if (!environment.usable()) {
        must_be_showable(environment.problem, 400);
        return;
    }
    const std::array folders{
        environment.log_folder, environment.config_folder, environment.status_folder};
    for (const std::string& folder : folders) {
        must(folder.starts_with('/') && (folder == "/" || !folder.ends_with('/')),
             "a folder is absolute and has no slash at its end");
        must(folder.find('\0') == std::string::npos, "a folder holds no NUL");
    }
    const HandlerEnvironment again = read_as_file(rewritten(environment));
    must(again.usable() && again.log_folder == folders[0] && again.config_folder == folders[1] &&
             again.status_folder == folders[2],
         "the environment reads the same after it was written");
}

}  // namespace aadssh
