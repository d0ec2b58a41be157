// SPDX-License-Identifier: MIT
// pack ZIP SECONDS NAME=FILE... : makes a zip whose bytes depend on nothing but the names and the
// contents of the files, and the time stamp that all entries get. Written beside ZIP, then renamed.
#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

struct Member {
    std::string name;
    std::string file;
};

// The agent unpacks with Python's zipfile, which drops these bits; people's `unzip` keeps them.
constexpr unsigned executable_file = 0755;
constexpr unsigned plain_file = 0644;

std::string read_file(const std::string& path) {
    std::ifstream stream{path, std::ios::binary};
    std::string content{std::istreambuf_iterator<char>{stream}, {}};
    if (!stream) {
        throw std::runtime_error{fmt::format("{} cannot be read.", path)};
    }
    return content;
}

bool is_executable(const std::string& path) {
    const auto permissions = std::filesystem::status(path).permissions();
    return (permissions & std::filesystem::perms::owner_exec) != std::filesystem::perms::none;
}

class ZipWriter {
  public:
    ZipWriter(const std::string& path, std::time_t time)
        : archive_{archive_write_new(), &archive_write_free}, time_{time} {
        check(archive_write_set_format_zip(archive_.get()));
        check(archive_write_open_filename(archive_.get(), path.c_str()));
    }

    void add(const Member& member) {
        const std::string content = read_file(member.file);
        const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry{
            archive_entry_new(), &archive_entry_free};
        archive_entry_set_pathname(entry.get(), member.name.c_str());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        archive_entry_set_perm(entry.get(),
                               is_executable(member.file) ? executable_file : plain_file);
        archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
        archive_entry_set_mtime(entry.get(), time_, 0);
        check(archive_write_header(archive_.get(), entry.get()));
        if (archive_write_data(archive_.get(), content.data(), content.size()) !=
            static_cast<la_ssize_t>(content.size())) {
            check(ARCHIVE_FATAL);
        }
    }

    void close() { check(archive_write_close(archive_.get())); }

  private:
    void check(int result) const {
        if (result != ARCHIVE_OK) {
            const char* const reason = archive_error_string(archive_.get());
            throw std::runtime_error{reason != nullptr ? reason : "The zip cannot be written."};
        }
    }

    std::unique_ptr<archive, decltype(&archive_write_free)> archive_;
    std::time_t time_;
};

std::time_t parse_time(std::string_view text) {
    std::time_t time = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), time);
    if (error != std::errc{} || end != text.data() + text.size()) {
        throw std::runtime_error{fmt::format("'{}' is not a number of seconds.", text)};
    }
    return time;
}

Member parse_member(std::string_view text) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        throw std::runtime_error{fmt::format("'{}' is not of the form NAME=FILE.", text)};
    }
    return {std::string{text.substr(0, equals)}, std::string{text.substr(equals + 1)}};
}

void pack(const std::vector<std::string_view>& words) {
    if (words.size() < 3) {
        throw std::runtime_error{"Usage: pack ZIP SECONDS NAME=FILE..."};
    }
    const std::string zip{words[0]};
    const std::string unfinished = zip + ".new";

    std::vector<Member> members;
    std::transform(words.begin() + 2, words.end(), std::back_inserter(members), parse_member);
    std::ranges::sort(members, {}, &Member::name);

    ZipWriter writer{unfinished, parse_time(words[1])};
    for (const Member& member : members) {
        writer.add(member);
    }
    writer.close();
    std::filesystem::rename(unfinished, zip);
}

}  // namespace

int main(int argc, char** argv) {
    // A zip holds local times; without this its bytes would depend on the machine's time zone.
    setenv("TZ", "UTC", 1);
    try {
        pack({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::fprintf(stderr, "pack: %s\n", error.what());
        return 1;
    }
    return 0;
}
