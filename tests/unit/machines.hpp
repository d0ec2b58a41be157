// SPDX-License-Identifier: MIT
#pragma once
#include "handler/json.hpp"
#include "handler/run_context.hpp"
#include "tests/fakes/world.hpp"

#include <map>
#include <string>
#include <vector>

namespace aadssh {

/// What a machine is built from.
struct Distribution {
    std::string os_release;
    std::string repository;  ///< https://packages.microsoft.com/...
    std::string suite;       ///< apt; empty: a machine with dnf and rpm
    std::string keyring;

    bool has_rpm() const { return suite.empty(); }
};
extern const Distribution debian_12;
extern const Distribution debian_11;
extern const Distribution ubuntu_24_04;
/// arm64 has two repositories on this release.
extern const Distribution ubuntu_18_04;
extern const Distribution rhel_9;
/// Has two repositories.
extern const Distribution rocky_9;

/// How a command ended.
struct Ended {
    int code = -1;
    std::string out;
    std::string err;
};

/// A VM made of data, with enough of dpkg and apt, or rpm and dnf, of sshd and IMDS to install
/// aadsshlogin: the tool installs what is `published`, aadsshlogin's scripts edit PAM, NSS and
/// sshd_config, the database of dpkg or rpm is `dpkg` (rpm's releases are all 1). Rules added to
/// `fake.processes` afterwards win over these.
///
///     Machine vm(debian_12);
///     CHECK(vm.command("install").code == 0);
///     CHECK(vm.version("aadsshlogin") == "1.0.2");
class Machine {
  public:
    explicit Machine(Distribution which, const std::string& cpu = "x86_64");
    ~Machine();
    Machine(const Machine&) = delete;  // the rules point into it
    Machine& operator=(const Machine&) = delete;

    struct Package {
        std::string state = "ii ";  ///< db:Status-Abbrev
        std::string version;
    };

    FakeWorld fake;
    std::string folder =
        "/var/lib/waagent/"
        "Microsoft.Azure.ActiveDirectory.AADSSHLoginForLinux-1.0.0";
    std::map<std::string, Package> dpkg;
    std::map<std::string, std::string> published{{"aadsshlogin", "1.0.2"}};
    std::map<std::string, std::string> dependencies{{"libaad0", "3.1"}};  ///< come with aadsshlogin
    std::map<std::string, std::string> owners;                            ///< path -> package
    std::vector<std::string> refused_keys;  ///< names of those that rpm --import does not take
    bool scripts_work = true;        ///< aadsshlogin's maintainer scripts edit PAM, NSS and sshd
    bool keeps_old_versions = true;  ///< the repository still has those that somebody asks for
    bool aad_in_sshd = false;        ///< what sshd -T says
    /// Instead of the real token's claim.
    void identity_claim(const std::string& xms_mirid);

    /// aadsshlogin is there and works, and was not put there by us.
    void set_up_by_hand(const std::string& version = "1.0.2");
    /// Runs `install` and forgets what it did on the way.
    void set_up_by_us();
    /// What VMAccess's "Reset SSH" does: a stock sshd_config.
    void reset_ssh();
    /// Operations, commands, requests and sleeps so far.
    void forget_history();

    /// Runs the program with one word, as the agent does.
    Ended command(const std::string& word);
    Ended command(const std::vector<std::string>& words);
    /// Through a world of the caller's, which may refer to other parts than `fake`.
    Ended command(const std::vector<std::string>& words, World& world);

    std::string version(const std::string& package) const;  ///< "(absent)" when not installed
    /// Status file of sequence number 0 as JSON; fails the test when there is none.
    Json status() const;
    std::string status_text() const;
    /// The message of one substatus; "(none)".
    std::string check(const std::string& name) const;
    std::string check_level(const std::string& name) const;
    std::string state_text() const;
    std::string log_text() const;
    /// The whole of /etc and /usr: path, kind, mode and content.
    std::map<std::string, std::string> system() const;
    std::string own_source() const {
        return distribution.has_rpm() ? "/etc/yum.repos.d/microsoft-prod.repo"
                                      : "/etc/apt/sources.list.d/aadsshlogin-handler.list";
    }
    /// Commands but those that ask dpkg or rpm for something, or are of sshd.
    std::vector<std::string> package_manager_commands() const;

    const Distribution distribution;

  private:
    void furnish();
    void furnish_apt();
    void furnish_rpm();
    void script_rpm();
    void script_dnf();
    CommandResult rpm_query(const Command& command) const;
    CommandResult rpm_import(const Command& command);
    void script_dpkg();
    void script_apt();
    void script_others();
    CommandResult query(const Command& command) const;
    CommandResult refresh(const Command& command);
    CommandResult install(const Command& command);
    CommandResult purge(const Command& command);
    void configure(bool in);
    /// Where the line of pam_aad.so goes.
    std::string pam_file() const {
        return distribution.has_rpm() ? "/etc/pam.d/password-auth" : "/etc/pam.d/common-account";
    }

    std::string log_folder_;
};

/// A context as run() would make it, for units below run().
RunContext context(World& world, Seconds limit = Seconds(840));

/// A file that holds one OpenPGP public key, made of nothing but the packet that names it.
std::string key_file(const std::string& material);
std::string fingerprint_of(const std::string& key_file);

bool has_word(const Command& command, const std::string& word);
bool contains_text(const std::string& text, const std::string& part);

}  // namespace aadssh
