// SPDX-License-Identifier: MIT
#include "installers/pam_profile.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace aadssh;

namespace {

const std::string record =
    "Module: krb5\n"
    "[success=end default=ignore]\tpam_krb5.so minimum_uid=1000\n"
    "Module: unix\n"
    "[success=end default=ignore]\tpam_unix.so nullok try_first_pass\n"
    "Module: capability\n"
    "optional\t\t\tpam_cap.so\n";

/// common-auth with these lines in its two blocks and after them.
std::string file(const std::string& primary,
                 const std::string& additional = "auth\toptional\t\t\tpam_cap.so \n",
                 const std::string& after = "") {
    return "# /etc/pam.d/common-auth\n"
           "# here are the per-package modules (the \"Primary\" block)\n" +
           primary +
           "# here's the fallback if no module succeeds\n"
           "auth\trequisite\tpam_deny.so\n"
           "# and here are more per-package modules (the \"Additional\" block)\n" +
           additional + "# end of pam-auth-update config\n" + after;
}

const std::string krb5 = "auth\t[success=2 default=ignore]\tpam_krb5.so minimum_uid=1000\n";
const std::string unix_line =
    "auth\t[success=1 default=ignore]\tpam_unix.so nullok try_first_pass\n";

std::string conflict(const std::string& text, const std::string& type = "auth") {
    return pam_profile_conflict(type, record, text);
}

}  // namespace

TEST_CASE("pam profile: what pam-auth-update wrote, or merges, is no conflict") {
    CHECK(conflict(file(krb5 + unix_line)).empty());
    CHECK(conflict(file(unix_line)).empty());             // a line is gone
    CHECK(conflict(file(krb5 + unix_line, "")).empty());  // all lines of a block
    CHECK(conflict(file(krb5, "auth optional\t\t\tpam_cap.so debug\n")).empty());  // an option more
    CHECK(conflict("auth required pam_faillock.so preauth\n" + file(unix_line)).empty());
    CHECK(conflict(file(unix_line, "", "auth required pam_faillock.so\n")).empty());
}

TEST_CASE("pam profile: a line that it did not write is named, without its options") {
    const std::string faillock = "auth required pam_faillock.so preauth audit\n";
    CHECK(conflict(file(faillock + unix_line)) ==
          "line 3, \"auth required pam_faillock.so\", was not written by pam-auth-update");
    CHECK(conflict(file(unix_line, faillock)).starts_with("line 7, "));
    CHECK(conflict(file(unix_line + krb5)).starts_with("line 4, "));  // in another order
    CHECK(conflict(file("\n" + unix_line)).starts_with("line 3, "));
    CHECK(conflict(file("# mine\n" + unix_line)).starts_with("line 3, "));
    CHECK(conflict(file("auth required pam_unix.so nullok\n")).starts_with("line 3, "));
    CHECK(conflict(file(unix_line + unix_line)).starts_with("line 4, "));
}

TEST_CASE("pam profile: a file without the marks is refused") {
    const std::string whole = file(unix_line);
    CHECK(conflict("auth required pam_unix.so\n") ==
          "the marks are gone between which pam-auth-update writes");
    CHECK_FALSE(conflict("").empty());
    const auto second = whole.find("# and here are more");
    CHECK_FALSE(conflict(whole.substr(0, second)).empty());
    // Without the last mark all that follows belongs to the block.
    const auto last = whole.find("# end of");
    CHECK(conflict(whole.substr(0, last)).empty());
    CHECK_FALSE(conflict(whole.substr(0, last) + "auth required pam_x.so\n").empty());
}

TEST_CASE("pam profile: lines of session-noninteractive begin with session") {
    const std::string text =
        "# here are the per-package modules (the \"Primary\" block)\n"
        "session\t[default=1]\t\t\tpam_permit.so\n"
        "# here's the fallback if no module succeeds\n"
        "# and here are more per-package modules (the \"Additional\" block)\n"
        "session\trequired\tpam_unix.so \n"
        "# end of pam-auth-update config\n";
    const std::string said =
        "Module: null\n[default=1]\t\t\tpam_permit.so\n"
        "Module: unix\nrequired\tpam_unix.so\n";
    CHECK(pam_profile_conflict("session-noninteractive", said, text).empty());
    CHECK_FALSE(pam_profile_conflict("auth", said, text).empty());
}
