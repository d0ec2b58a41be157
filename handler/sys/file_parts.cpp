// SPDX-License-Identifier: MIT
#include "handler/sys/file_parts.hpp"

#include "handler/sys/errno_text.hpp"

#include <fmt/format.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

namespace aadssh {
namespace {

std::uint64_t random_number() {
    std::uint64_t number = 0;
    // Not blocking, and absent before Linux 3.17: early at boot, O_EXCL alone has to do.
    if (::getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number) {
        const Descriptor source(::open("/dev/urandom", O_RDONLY | O_CLOEXEC));
        [[maybe_unused]] const ssize_t got = ::read(source.get(), &number, sizeof number);
    }
    return number;
}

}  // namespace

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

Descriptor open_folder(const std::string& path, int extra_flags) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | extra_flags));
}

std::vector<std::string> names_in(int folder) {
    std::vector<std::string> names;
    const int own =
        ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);  // closedir closes it
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(own < 0 ? nullptr : ::fdopendir(own),
                                                     ::closedir);
    while (const dirent* entry = stream ? ::readdir(stream.get()) : nullptr) {
        const std::string name = entry->d_name;
        if (name != "." && name != "..") {
            names.push_back(name);
        }
    }
    std::ranges::sort(names);
    return names;
}

FileText read_open_file(int file, std::size_t limit, const std::string& path) {
    struct stat status {};
    if (::fstat(file, &status) != 0) {
        return {FileText::State::failed, "", errno_text(path, errno)};
    }
    if (!S_ISREG(status.st_mode)) {
        return {FileText::State::not_a_file, "", path + " is not a regular file"};
    }
    std::string text;
    std::array<char, 16384> buffer;
    while (true) {  // until the end, not st_size: files in /proc say 0
        const ssize_t got = ::read(file, buffer.data(), buffer.size());
        if (got == 0) {
            return {
                FileText::State::read, std::move(text), "", status.st_mode & 07777U, status.st_gid};
        }
        if (got < 0 && errno != EINTR) {
            return {FileText::State::failed, "", errno_text(path, errno)};
        }
        text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (text.size() > limit) {
            return {FileText::State::too_big,
                    "",
                    fmt::format("{} has more than {} bytes", path, limit)};
        }
    }
}

FileText not_opened(int number, const std::string& path) {
    using enum FileText::State;
    if (number == ENOENT || number == ENOTDIR) {
        return {absent, "", ""};
    }
    const bool no_right = number == EACCES || number == EPERM;
    return {no_right ? denied : failed, "", errno_text(path, number)};
}

TemporaryFile::TemporaryFile(int folder)
    : folder_(folder),
      name_(fmt::format("{}{:016x}", temporary_prefix, random_number())),
      file_(::openat(
          folder, name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600)) {}

TemporaryFile::~TemporaryFile() {
    if (file_ && !name_.empty()) {
        ::unlinkat(folder_, name_.c_str(), 0);
    }
}

bool TemporaryFile::keep_as(const std::string& name) {
    if (::renameat(folder_, name_.c_str(), folder_, name.c_str()) != 0) {
        return false;
    }
    name_.clear();
    return true;
}

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return false;
        }
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    return true;
}

}  // namespace aadssh
