// SPDX-License-Identifier: MIT
#include "tests/unit/machines.hpp"

#include "handler/environment.hpp"
#include "handler/run.hpp"
#include "installers/openpgp.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace aadssh {
namespace {

constexpr const char* named_key = "/usr/share/keyrings/microsoft-prod.gpg";
constexpr const char* trusted_key = "/etc/apt/trusted.gpg.d/aadsshlogin-handler.gpg";
constexpr const char* rpm_key = "/etc/pki/rpm-gpg/RPM-GPG-KEY-aadsshlogin-handler";
std::string read_real_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path);
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

const Distribution debian_12{
    "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n"
    "VERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
    "https://packages.microsoft.com/debian/12/prod",
    "bookworm",
    named_key};
const Distribution debian_11{
    "PRETTY_NAME=\"Debian GNU/Linux 11 (bullseye)\"\nNAME=\"Debian GNU/Linux\"\n"
    "VERSION_ID=\"11\"\nVERSION_CODENAME=bullseye\nID=debian\n",
    "https://packages.microsoft.com/debian/11/prod",
    "bullseye",
    trusted_key};
const Distribution ubuntu_24_04{
    "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\n"
    "VERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME=noble\n",
    "https://packages.microsoft.com/ubuntu/24.04/prod",
    "noble",
    named_key};
const Distribution ubuntu_18_04{
    "NAME=\"Ubuntu\"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"18.04\"\n"
    "VERSION_CODENAME=bionic\nUBUNTU_CODENAME=bionic\n",
    "https://packages.microsoft.com/ubuntu/18.04/prod",
    "bionic",
    trusted_key};
const Distribution rhel_9{
    "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.6 (Plow)\"\nID=\"rhel\"\nID_LIKE=\"fedora\"\n"
    "VERSION_ID=\"9.6\"\nPRETTY_NAME=\"Red Hat Enterprise Linux 9.6 (Plow)\"\n",
    "https://packages.microsoft.com/rhel/9/prod",
    "",
    rpm_key};
const Distribution rocky_9{
    "NAME=\"Rocky Linux\"\nVERSION=\"9.3 (Blue Onyx)\"\nID=\"rocky\"\n"
    "ID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\n",
    "https://packages.microsoft.com/yumrepos/microsoft-rocky9-prod",
    "",
    rpm_key};

bool has_word(const Command& command, const std::string& word) {
    return std::ranges::find(command.argv, word) != command.argv.end();
}

bool contains_text(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string key_file(const std::string& material) {
    const std::string body = '\x04' + material;  // RFC 4880, section 5.5.2: version 4
    return std::string{'\xC6', static_cast<char>(body.size())} + body;
}

std::string fingerprint_of(const std::string& file) {
    return read_key_file(file).primary.at(0);
}

RunContext context(World& world, Seconds limit) {
    RunContext run(world, limit);
    run.environment = read_handler_environment(world);
    run.sequence = sequence_number(world, run.environment);
    std::string warning;
    run.state = run.store.load(warning);
    return run;
}

Machine::Machine(Distribution which, const std::string& cpu) : distribution(std::move(which)) {
    std::string pattern = (std::filesystem::temp_directory_path() / "aadssh-unit-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        throw std::runtime_error("no temporary folder for the log");
    }
    log_folder_ = pattern;
    fake.machine = cpu;
    fake.own_folder = folder;
    fake.environment = {{"AZURE_GUEST_AGENT_EXTENSION_PATH", folder},
                        {"AZURE_GUEST_AGENT_EXTENSION_VERSION", "1.0.0"},
                        {"ConfigSequenceNumber", "0"}};
    furnish();
    if (distribution.has_rpm()) {
        script_rpm();
        script_dnf();
    } else {
        script_dpkg();
        script_apt();
    }
    script_others();
}

Machine::~Machine() {
    std::error_code ignored;
    std::filesystem::remove_all(log_folder_, ignored);
}

void Machine::furnish() {
    auto& files = fake.files;
    files.add("/etc/os-release", distribution.os_release);
    files.add("/etc/nsswitch.conf",
              "passwd:         files systemd\ngroup:          files systemd\n");
    files.add("/etc/ssh/sshd_config", "Include /etc/ssh/sshd_config.d/*.conf\nUsePAM yes\n");
    files.add("/usr/sbin/sshd", "ELF", 0755);
    files.add_folder("/run/sshd");
    if (distribution.has_rpm()) {
        furnish_rpm();
    } else {
        furnish_apt();
    }
    for (const auto& key : pinned_keys) {
        files.add(fmt::format("{}/keys/{}", folder, key.file),
                  read_real_file(fmt::format("{}/manifest/keys/{}", AADSSH_SOURCE_DIR, key.file)));
    }
    files.add_folder(folder + "/status", 0700);
    files.add(folder + "/config/0.settings", "");
    files.add(folder + "/HandlerEnvironment.json",
              fmt::format(R"([{{"name":"x","version":1.0,"handlerEnvironment":{{"logFolder":"{0}",)"
                          R"("configFolder":"{1}/config","statusFolder":"{1}/status"}}}}])",
                          log_folder_,
                          folder));
}

void Machine::furnish_apt() {
    auto& files = fake.files;
    files.add("/etc/pam.d/sshd", "# PAM of sshd\n@include common-auth\n@include common-account\n");
    files.add("/etc/pam.d/common-auth", "auth [success=1 default=ignore] pam_unix.so nullok\n");
    files.add("/etc/pam.d/common-account", "account required pam_unix.so\n");
    files.add("/etc/ssl/certs/ca-certificates.crt", "-----BEGIN CERTIFICATE-----\n");
    files.add("/etc/apt/sources.list", "deb http://deb.example/ stable main\n");
    files.add("/var/lib/apt/lists/deb.example_dists_stable_InRelease", "Suite: stable\n");
    for (const char* path : {"/usr/bin/apt-get", "/usr/bin/dpkg"}) {
        files.add(path, "ELF", 0755);
    }
    for (const char* path : {"/etc/apt/sources.list.d",
                             "/etc/apt/trusted.gpg.d",
                             "/usr/share/keyrings",
                             "/var/cache",
                             "/var/lib/dpkg"}) {
        files.add_folder(path);
    }
    dpkg = {{"dpkg", {"ii ", "1.21"}}, {"openssh-server", {"ii ", "9.2"}}};
}

void Machine::furnish_rpm() {
    auto& files = fake.files;
    files.add("/etc/pam.d/sshd",
              "#%PAM-1.0\nauth       substack     password-auth\n"
              "account    include      password-auth\n");
    files.add("/etc/pam.d/password-auth", "account required pam_unix.so\n");
    files.add("/etc/pki/tls/certs/ca-bundle.crt", "-----BEGIN CERTIFICATE-----\n");
    files.add("/etc/yum.repos.d/redhat.repo",
              "[baseos]\nname=BaseOS\nbaseurl=https://cdn.example/baseos\nenabled=1\n");
    for (const char* path : {"/usr/bin/dnf", "/usr/bin/rpm"}) {
        files.add(path, "ELF", 0755);
    }
    for (const char* path : {"/etc/pki/rpm-gpg", "/var/cache", "/var/lib/rpm"}) {
        files.add_folder(path);
    }
    dpkg = {{"rpm", {"ii ", "4.16"}}, {"openssh-server", {"ii ", "8.7p1"}}};
}

void Machine::set_up_by_hand(const std::string& installed_version) {
    dpkg["aadsshlogin"] = {"ii ", installed_version};
    configure(true);
}

void Machine::set_up_by_us() {
    const auto ended = command("install");
    REQUIRE_MESSAGE(ended.code == 0, ended.err);
    forget_history();
}

void Machine::forget_history() {
    fake.files.operations.clear();
    fake.processes.commands.clear();
    fake.http.requests.clear();
    fake.clock.sleeps.clear();
}

Ended Machine::command(const std::string& word) {
    return command(std::vector{word});
}

Ended Machine::command(const std::vector<std::string>& words) {
    World world = fake.world();
    return command(words, world);
}

Ended Machine::command(const std::vector<std::string>& words, World& world) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = run(words, world, out, err);
    return {code, out.str(), err.str()};
}

std::string Machine::version(const std::string& package) const {
    const auto found = dpkg.find(package);
    return found == dpkg.end() ? "(absent)" : found->second.version;
}

std::string Machine::status_text() const {
    return fake.files.text(folder + "/status/0.status");
}

Json Machine::status() const {
    std::string error;
    auto json = Json::parse(status_text(), error);
    REQUIRE_MESSAGE(json.has_value(), error);
    return *json;
}

namespace {

std::string substatus(const Json& json, const std::string& name, const std::string& pointer) {
    const auto count = json.size("/0/status/substatus").value_or(0);
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = fmt::format("/0/status/substatus/{}", i);
        if (json.string(at + "/name") == name) {
            return json.string(at + pointer).value_or("(no text)");
        }
    }
    return "(none)";
}

}  // namespace

std::string Machine::check(const std::string& name) const {
    return substatus(status(), name, "/formattedMessage/message");
}

std::string Machine::check_level(const std::string& name) const {
    return substatus(status(), name, "/status");
}

std::string Machine::state_text() const {
    return fake.files.text("/var/lib/aadsshlogin-handler/state.json");
}

std::string Machine::log_text() const {
    return read_real_file(log_folder_ + "/handler.log");
}

std::map<std::string, std::string> Machine::system() const {
    std::map<std::string, std::string> found;
    for (const auto& [path, entry] : fake.files.entries) {
        if (path.starts_with("/etc/") || path.starts_with("/usr/")) {
            found[path] =
                fmt::format("{} {:o} {}", static_cast<int>(entry.kind), entry.mode, entry.content);
        }
    }
    return found;
}

std::vector<std::string> Machine::package_manager_commands() const {
    auto lines = fake.processes.lines();
    std::erase_if(lines, [](const std::string& line) {
        return line.starts_with("dpkg-query ") || line.starts_with("apt-config ") ||
               line.starts_with("rpm -q") || line.starts_with("/usr/sbin/sshd ");
    });
    return lines;
}

}  // namespace aadssh
