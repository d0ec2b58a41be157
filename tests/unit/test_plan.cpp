// SPDX-License-Identifier: MIT
#include "installers/apt.hpp"
#include "installers/plan.hpp"
#include "installers/text.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace aadssh;
using Strings = std::vector<std::string>;

namespace {

InstallInputs usual_inputs() {
    InstallInputs inputs;
    inputs.repository = {.url = "https://packages.microsoft.com/debian/12/prod",
                         .spellings = {},
                         .suite = "bookworm"};
    inputs.architecture = "amd64";
    inputs.keyring = "/usr/share/keyrings/microsoft-prod.gpg";
    inputs.packages = {"aadsshlogin-selinux", "aadsshlogin"};
    inputs.optional_packages = {"aadsshlogin-selinux"};
    return inputs;
}

std::vector<RunTool> runs_of(const Plan& plan) {
    std::vector<RunTool> runs;
    for (const Step& step : plan.steps) {
        if (const RunTool* run = std::get_if<RunTool>(&step)) {
            runs.push_back(*run);
        }
    }
    return runs;
}

bool has_word(const Strings& argv, const std::string& word) {
    return std::ranges::find(argv, word) != argv.end();
}

}  // namespace

TEST_CASE("plan: a shell line can be pasted") {
    CHECK(shell_line({"apt-get", "-o", "Dir::State::lists=/var/x", "install", "a-b+c"}) ==
          "apt-get -o Dir::State::lists=/var/x install a-b+c");
    CHECK(shell_line({"a b", "", "it's", "$x", "*", "a;b"}) ==
          "'a b' '' 'it'\\''s' '$x' '*' 'a;b'");
    CHECK(shell_line({}).empty());
}

TEST_CASE("plan: each kind of step has its sentence") {
    CHECK(describe(Step{MakeScratch{"/var/cache/x", {"lists"}, "/var/lib/apt/lists", "p_"}}) ==
          "make the folder /var/cache/x for this run, with a copy of the index lists in "
          "/var/lib/apt/lists");
    CHECK(describe(Step{RemoveScratch{"/var/cache/x"}}) == "remove the folder /var/cache/x");
    CHECK(
        describe(Step{WriteKeyring{"/k.gpg", {"a.asc", "b.asc"}, "https://x.example.org/k", {}}}) ==
        "write the keyring /k.gpg with the keys of a.asc, b.asc, https://x.example.org/k");
    CHECK(describe(Step{WriteFile{"/etc/x", "text\n", 0644, false}}) ==
          "write the file /etc/x (mode 0644)");
    CHECK(describe(Step{RemoveFile{"/etc/x"}}) == "remove the file /etc/x");

    RunTool cure;
    cure.purpose = "do this";
    RunTool cure_too;
    cure_too.purpose = "do that";
    RunTool run;
    run.purpose = "install x";
    CHECK(describe(Step{run}) == "install x");
    run.remedies = {{Outcome::interrupted, {cure, cure_too}}, {Outcome::unmet, {cure}}};
    CHECK(describe(Step{run}) ==
          "install x; if an earlier installation was cut off: do this, do that, then again; "
          "if something it needs is not in the index: do this, then again");
    run.remedies.clear();
    run.older_argv = {"tool", "x={version}"};
    CHECK(describe(Step{run}) ==
          "install x; if the newest is refused for its signature or checksum: the version before "
          "it, with a warning");
    run.older_argv.clear();
    run.remedies = patience({}, {"-o", "x"}, {cure});
    CHECK(describe(Step{run}) ==
          "install x; if the server asks to come back later: wait 5 s, then again, up to 2 times; "
          "if what arrives is not what the index lists: wait 10 s, do this, then again with -o x");
}

TEST_CASE("plan: every outcome and kind has a name of its own") {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Outcome::failed); ++i) {
        names.insert(outcome_name(static_cast<Outcome>(i)));
    }
    CHECK(names.size() == 14);
    CHECK(outcome_name(Outcome::not_published) == "not_published");
    CHECK(tool_run_name(ToolRun::query) == "query");
    CHECK(tool_run_name(ToolRun::transaction) == "transaction");
}

TEST_CASE("plan: a proxy's password is not shown") {
    InstallInputs inputs = usual_inputs();
    inputs.proxy_variables = {{"http_proxy", "http://u:secret@p.example.org"},
                              {"https_proxy", "http://u:secret@p.example.org"}};
    const Plan plan = apt.install_plan(inputs);
    CHECK(!contains(describe(plan), "secret"));
    CHECK(contains(describe(plan), "https_proxy (not shown)"));
    for (const RunTool& run : runs_of(plan)) {
        CHECK(run.environment.at("https_proxy") == "http://u:secret@p.example.org");
    }
}

TEST_CASE("apt plan: a proxy of the settings wins, from a file that only root may read") {
    InstallInputs inputs = usual_inputs();
    const std::string url = "http://u:secret@p.example.org:3128";
    inputs.proxy_variables = {{"http_proxy", url}, {"https_proxy", url}, {"no_proxy", "a.b"}};
    for (const RunTool& run : runs_of(apt.install_plan(inputs))) {
        CHECK(!contains(shell_line(run.argv), "--config-file"));
    }
    inputs.proxy_imposed = true;
    const Plan plan = apt.install_plan(inputs);
    const auto& file = std::get<WriteFile>(plan.steps.at(1));
    CHECK(file.path == std::string(apt.scratch) + "/proxy.conf");
    CHECK(file.mode == 0600);
    CHECK(file.temporary);
    CHECK(contains(file.content, "Acquire::https::Proxy \"" + url + "\";\n"));
    CHECK(
        contains(file.content, "Acquire::https::Proxy::packages.microsoft.com \"" + url + "\";\n"));
    CHECK(contains(file.content, "Acquire::http::Proxy-Auto-Detect \"\";\n"));
    CHECK(!contains(describe(plan), "secret"));
    for (const RunTool& run : runs_of(plan)) {
        CAPTURE(run.purpose);
        CHECK(!contains(shell_line(run.argv), "secret"));
        CHECK(run.environment.at("no_proxy") == "a.b");
        const bool fetches = run.kind == ToolRun::refresh || run.kind == ToolRun::download;
        CHECK((!fetches || has_word(run.argv, "--config-file=" + file.path)));
    }
}

TEST_CASE("apt plan: nothing asks, nothing is removed, nothing of the machine's lists is locked") {
    for (const RunTool& run : runs_of(apt.install_plan(usual_inputs()))) {
        CAPTURE(run.purpose);
        CHECK(run.environment.at("DEBIAN_FRONTEND") == "noninteractive");
        CHECK(run.environment.at("TMPDIR").starts_with(apt.scratch));
        CHECK(has_word(run.argv, "Dir::State::lists=" + std::string(apt.scratch) + "/lists"));
        if (run.kind == ToolRun::download || run.kind == ToolRun::transaction) {
            CHECK(has_word(run.argv, "-y"));
            CHECK(has_word(run.argv, "--no-remove"));
            CHECK(has_word(run.argv, "Dpkg::Options::=--force-confold"));
            CHECK(has_word(run.argv,
                           run.kind == ToolRun::download ? "--download-only" : "--no-download"));
        }
    }
}

TEST_CASE("apt plan: the refresh is of one source alone and has to be proved") {
    const Plan plan = apt.install_plan(usual_inputs());
    const RunTool refresh = runs_of(plan).at(2);
    CHECK(refresh.kind == ToolRun::refresh);
    CHECK_FALSE(refresh.best_effort);
    CHECK(refresh.proof == std::string(apt.scratch) +
                               "/lists/packages.microsoft.com_debian_12_prod_dists_bookworm_");
    CHECK(has_word(refresh.argv, "Dir::Etc::sourceparts=-"));
    CHECK(has_word(refresh.argv, "APT::Update::Error-Mode=any"));
    const MakeScratch scratch = std::get<MakeScratch>(plan.steps.front());
    CHECK(scratch.except_prefix == "packages.microsoft.com_debian_12_prod_dists_bookworm_");
    CHECK(std::get<RemoveScratch>(plan.steps.back()).folder == scratch.folder);
}

TEST_CASE("apt plan: order, optional packages and remedies") {
    const std::vector<RunTool> runs = runs_of(apt.install_plan(usual_inputs()));
    Strings order;
    for (const RunTool& run : runs) {
        order.push_back(std::string(tool_run_name(run.kind)) + " " + run.package);
        CHECK(run.optional == (run.package == "aadsshlogin-selinux"));
    }
    CHECK(order == Strings{"check ",
                           "check ",
                           "refresh ",
                           "query aadsshlogin-selinux",
                           "query aadsshlogin",
                           "download aadsshlogin-selinux",
                           "transaction aadsshlogin-selinux",
                           "download aadsshlogin",
                           "transaction aadsshlogin"});
    const RunTool& download = runs.at(7);
    REQUIRE(download.remedies.size() == 4);
    CHECK(download.remedies[0].on == Outcome::busy);
    CHECK(download.remedies[0].pause > std::chrono::seconds(0));
    CHECK(download.remedies[1].on == Outcome::mismatch);
    CHECK(has_word(download.remedies[1].again_with, "Acquire::http::No-Cache=true"));
    CHECK(has_word(download.remedies[1].steps.at(0).argv, "Acquire::http::No-Cache=true"));
    CHECK(download.remedies[1].steps.at(0).remedies.empty());
    CHECK(download.remedies[2].on == Outcome::unmet);
    CHECK(download.remedies[2].steps.at(0).best_effort);
    CHECK(download.remedies[3].on == Outcome::interrupted);
    CHECK(runs.at(2).remedies.size() == 2);
    REQUIRE(runs.at(8).remedies.size() == 1);
    CHECK(runs.at(8).remedies[0].steps.at(0).argv ==
          Strings{"dpkg", "--force-confdef", "--force-confold", "--configure", "-a"});
}

TEST_CASE("apt plan: the sources are read by apt itself before ours is written and again after") {
    const auto steps = apt.install_plan(usual_inputs()).steps;
    std::vector<std::string> order;
    for (const Step& step : steps) {
        const auto* run = std::get_if<RunTool>(&step);
        const auto* file = std::get_if<WriteFile>(&step);
        if (run != nullptr && run->kind == ToolRun::check) {
            order.push_back(run->argv.at(1));
        } else if (file != nullptr && !file->temporary) {
            order.push_back(file->path);
        }
    }
    CHECK(order == Strings{"indextargets", std::string(apt.source_file), "indextargets"});
}

TEST_CASE("plans: one version of a package is asked for by the same command, checks and all") {
    for (const RunTool& run : runs_of(apt.install_plan(usual_inputs()))) {
        CAPTURE(run.purpose);
        const bool changes = run.kind == ToolRun::download || run.kind == ToolRun::transaction;
        REQUIRE(run.older_argv.size() == (changes ? run.argv.size() : 0));
        for (std::size_t i = 0; i < run.older_argv.size(); ++i) {
            CHECK(run.older_argv[i] ==
                  (run.argv[i] == run.package ? run.package + "={version}" : run.argv[i]));
        }
    }
    InstallInputs again = usual_inputs();
    again.reinstall = again.packages;
    for (const RunTool& run : runs_of(apt.install_plan(again))) {
        CHECK(run.older_argv.empty());
    }
}

TEST_CASE("apt plan: an existing source is used as it is") {
    InstallInputs inputs = usual_inputs();
    inputs.existing_source =
        parse_source_file(
            "/etc/apt/sources.list.d/microsoft-prod.list",
            "deb [signed-by=/k.gpg] http://Packages.microsoft.com/debian/12/prod/ bookworm main")
            .at(0);
    inputs.keyring_in_place = true;
    const Plan plan = apt.install_plan(inputs);
    for (const Step& step : plan.steps) {
        CHECK_FALSE(std::holds_alternative<WriteKeyring>(step));
        if (const WriteFile* file = std::get_if<WriteFile>(&step)) {
            CHECK(file->temporary);
            CHECK(file->content ==
                  "deb [signed-by=/k.gpg] http://Packages.microsoft.com/debian/12/prod/ bookworm "
                  "main\n");
        }
    }
    // packages-microsoft-prod, when removed, takes its keyring along and leaves its source.
    inputs.keyring_in_place = false;
    CHECK(std::holds_alternative<WriteKeyring>(apt.install_plan(inputs).steps.at(1)));
    CHECK(runs_of(plan).at(0).proof.ends_with(
        "/lists/Packages.microsoft.com_debian_12_prod_dists_bookworm_"));
}

TEST_CASE("apt removal: sources go before their keyrings, and keep them when they stay") {
    RemovalInputs inputs;
    inputs.files.resize(2);
    inputs.files[0].path = "/usr/share/keyrings/microsoft-prod.gpg";
    inputs.files[1].path = std::string(apt.source_file);
    Plan plan = apt.removal_plan(inputs);
    REQUIRE(plan.steps.size() == 2);
    CHECK(std::get<RemoveFile>(plan.steps[0]).path == apt.source_file);
    CHECK(plan.notes.empty());

    inputs.files[1].changed = true;
    plan = apt.removal_plan(inputs);
    CHECK(plan.steps.empty());
    CHECK(plan.notes.size() == 2);

    inputs.files[1].present = false;
    plan = apt.removal_plan(inputs);
    CHECK(plan.steps.size() == 1);
}
