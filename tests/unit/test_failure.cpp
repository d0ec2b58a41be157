// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <set>

using namespace aadssh;

namespace {

const Failure no_identity(ExitCode::no_system_identity,
                          Phase::preflight,
                          "this VM has no system-assigned managed identity",
                          "IMDS answered 400 \"Identity not found\"",
                          "az vm identity assign -g g -n v, then run the extension again");

/// Whether the text could be decoded: every character whole.
bool whole_characters(const std::string& text) {
    int expected = 0;  // bytes until the next character begins
    for (const char c : text) {
        const int ones = std::countl_one(static_cast<unsigned char>(c));  // 1: not a first byte
        if ((ones == 1) != (expected > 0)) {
            return false;
        }
        expected = ones == 1 ? expected - 1 : std::max(ones - 1, 0);
    }
    return expected == 0;
}

}  // namespace

TEST_CASE("a failure's message says what is wrong, why, and what to do") {
    CHECK(no_identity.message() ==
          "AADSSH-22 preflight: this VM has no system-assigned managed identity (IMDS answered 400 "
          "\"Identity not found\"). Fix: az vm identity assign -g g -n v, then run the extension "
          "again.");
    CHECK(std::string(no_identity.what()) == no_identity.problem);
}

TEST_CASE("without a cause there are no brackets, without a remedy the code's own is given") {
    const Failure failure(ExitCode::usage, Phase::start, "the word \"instal\" is not a command");
    CHECK(failure.message() ==
          "AADSSH-2 start: the word \"instal\" is not a command. Fix: run "
          "aadssh-handler.sh help, which lists the commands.");
}

TEST_CASE("a message is one line, whatever the tools wrote") {
    const Failure failure(ExitCode::verification_failed,
                          Phase::package,
                          "apt-get failed.\n",
                          "E: one\r\n\tE: two\x1b[0m\n",
                          " mend it. ");
    CHECK(failure.message() ==
          "AADSSH-21 package: apt-get failed (E: one E: two [0m). Fix: mend it.");
}

TEST_CASE("the cause gives way first") {
    Failure failure = no_identity;
    failure.cause = std::string(5000, 'x');
    for (const std::size_t limit : {1024U, 400U, 200U}) {
        const std::string message = failure.message(limit);
        CHECK(message.size() == limit);
        CHECK(message.find(failure.problem + " (xxx") != std::string::npos);
        CHECK(message.find("x…). Fix: " + failure.remedy + ".") != std::string::npos);
    }
    failure.cause = "";
    const std::size_t without = failure.message().size();
    failure.cause = std::string(5000, 'x');
    CHECK(failure.message(without + 5).size() == without);  // no room for a useful piece
    failure.cause = "eof";
    CHECK(failure.message(without + 6).find("(eof)") != std::string::npos);
}

TEST_CASE("then the problem gives way, and the remedy stays") {
    Failure failure = no_identity;
    failure.problem = std::string(3000, 'p');
    const std::string message = failure.message(500);
    CHECK(message.size() == 500);
    CHECK(message.starts_with("AADSSH-22 preflight: ppp"));
    CHECK(message.ends_with("p…. Fix: " + failure.remedy + "."));
    failure.remedy = std::string(3000, 'r');
    CHECK(failure.message(500).size() == 500);
    CHECK(failure.message(2).size() <= 2);
}

TEST_CASE("no secret is shown by a cut that goes through it") {
    const std::string secret = "hunter2hunter2hunter2";
    for (std::size_t padding = 0; padding < 400; padding += 3) {
        CAPTURE(padding);
        const std::string text =
            std::string(padding, 'x') + " http://user:" + secret + "@proxy.example:3128 failed";
        for (auto part : {&Failure::problem, &Failure::cause, &Failure::remedy}) {
            Failure failure = no_identity;
            failure.*part = text;
            CHECK(failure.message(400).find("hunter2") == std::string::npos);
        }
    }
    Failure failure = no_identity;
    failure.cause = "-----BEGIN PRIVATE KEY-----\n" + secret + "\n-----END PRIVATE KEY-----\nE: x";
    CHECK(failure.message().find("(*** E: x)") != std::string::npos);
}

TEST_CASE("no cut goes through a character") {
    Failure failure = no_identity;
    for (std::size_t i = 0; i < 200; ++i) {
        failure.cause += "ä€😀";
        failure.problem += "€";
    }
    for (std::size_t limit = 0; limit < 1100; ++limit) {
        const std::string message = failure.message(limit);
        CHECK_MESSAGE(message.size() <= limit, limit);
        CHECK_MESSAGE(whole_characters(message), limit);
    }
}

TEST_CASE("every exit code has its row, in ascending order, with texts that fit the message") {
    using enum ExitCode;
    const std::set<ExitCode> all = {ok,
                                    internal_error,
                                    usage,
                                    repository_unreachable,
                                    verification_failed,
                                    no_system_identity,
                                    legacy_extension_present,
                                    unsupported,
                                    missing_dependency,
                                    bad_settings,
                                    package_manager_locked,
                                    imds_unreachable,
                                    signature_refused,
                                    deadline_reached,
                                    another_run,
                                    bundle_refused,
                                    protected_settings_unreadable,
                                    transaction_running};
    std::set<ExitCode> rows;
    int previous = -1;
    for (const auto* row = exit_code_texts_begin(); row != exit_code_texts_end(); ++row) {
        rows.insert(row->code);
        CHECK(static_cast<int>(row->code) > previous);
        previous = static_cast<int>(row->code);
        CHECK(&exit_code_text(row->code) == row);
        for (const std::string_view text : {row->meaning, row->remedy}) {
            CHECK_FALSE(text.empty());
            CHECK_FALSE(text.ends_with('.'));
            CHECK(text.size() < 250);
        }
    }
    CHECK(rows == all);
    CHECK(exit_code_text(static_cast<ExitCode>(99)).code == internal_error);
}

TEST_CASE("phases have names") {
    CHECK(phase_name(Phase::settings) == "settings");
    CHECK(phase_name(Phase::removal) == "removal");
}
