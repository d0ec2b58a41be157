// SPDX-License-Identifier: MIT
#include "handler/json.hpp"
#include "handler/plan_command.hpp"

namespace aadssh {
namespace {

void write_words(JsonWriter& writer, std::string_view key, const std::vector<std::string>& words) {
    writer.key(key).array();
    for (const auto& word : words) {
        writer.value(word);
    }
    writer.end();
}

/// The keys of one step beyond "kind" and "text"; opens nothing and closes nothing.
struct StepWriter {
    JsonWriter& writer;

    void kind(std::string_view name) const { writer.key("kind").value(name); }

    void operator()(const MakeScratch& step) const {
        kind("make-scratch");
        writer.key("folder").value(step.folder);
    }
    void operator()(const RemoveScratch& step) const {
        kind("remove-scratch");
        writer.key("folder").value(step.folder);
    }
    void operator()(const WriteKeyring& step) const {
        kind("write-keyring");
        writer.key("path").value(step.path);
        write_words(writer, "accepted", step.accepted);
        if (!step.url.empty()) {
            writer.key("url").value(step.url);
        }
    }
    void operator()(const ImportKeys& step) const {
        kind("import-keys");
        writer.key("path").value(step.path);
        write_words(writer, "keys", step.keys);
        write_words(writer, "argv", step.argv);
    }
    void operator()(const WriteFile& step) const {
        kind("write-file");
        writer.key("path").value(step.path);
        if (!step.secret) {
            writer.key("content").value(step.content);
        }
        writer.key("temporary").value(step.temporary);
    }
    void operator()(const RemoveFile& step) const {
        kind("remove-file");
        writer.key("path").value(step.path);
    }
    void operator()(const RunTool& step) const {
        kind("run");
        writer.key("purpose").value(step.purpose);
        writer.key("run").value(tool_run_name(step.kind));
        write_words(writer, "argv", step.argv);
        if (!step.package.empty()) {
            writer.key("package").value(step.package);
        }
        writer.key("optional").value(step.optional);
        writer.key("remedies").array();
        for (const auto& remedy : step.remedies) {
            writer.object().key("on").value(outcome_name(remedy.on));
            writer.key("pauseSeconds").value(std::int64_t{remedy.pause.count()});
            writer.key("times").value(remedy.times);
            write_words(writer, "againWith", remedy.again_with);
            writer.key("steps").array();
            for (const auto& cure : remedy.steps) {
                writer.object();
                (*this)(cure);
                writer.end();
            }
            writer.end().end();
        }
        writer.end();
        if (!step.older_argv.empty()) {
            write_words(writer, "older", step.older_argv);
        }
    }
};

}  // namespace

std::string plan_json(const Plan& plan) {
    JsonWriter writer;
    writer.object().key("title").value(plan.title);
    writer.key("steps").array();
    for (const auto& step : plan.steps) {
        writer.object();
        std::visit(StepWriter{writer}, step);
        writer.key("text").value(describe(step));
        writer.end();
    }
    writer.end();
    write_words(writer, "notes", plan.notes);
    writer.end();
    return writer.text();
}

}  // namespace aadssh
