// SPDX-License-Identifier: MIT
#include "handler/sys/real_files.hpp"

#include "handler/sys/errno_text.hpp"
#include "handler/sys/file_parts.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace aadssh {
namespace {

/// Opening must not wait for a FIFO's other end nor get us a terminal.
constexpr int to_read = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

FileInfo::Kind kind_of(mode_t mode) {
    if (S_ISREG(mode)) {
        return FileInfo::Kind::regular;
    }
    if (S_ISDIR(mode)) {
        return FileInfo::Kind::folder;
    }
    return S_ISLNK(mode) ? FileInfo::Kind::link : FileInfo::Kind::other;
}

/// Why an open file or folder must not be trusted; empty when it may.
std::string distrust(int file, bool last, uid_t owner, const std::string& path) {
    struct stat status {};
    if (::fstat(file, &status) != 0) {
        return errno_text(path, errno);
    }
    if (last && !S_ISREG(status.st_mode)) {
        return path + " is not a regular file";
    }
    if (status.st_uid != owner) {
        return path + " belongs to user id " + std::to_string(status.st_uid);
    }
    // Root's own group has nobody else in it.
    const bool by_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0;
    if (by_group || (status.st_mode & S_IWOTH) != 0) {
        return path + " can be written by others than its owner";
    }
    return {};
}

FileText untrusted(std::string why) {
    return {FileText::State::untrusted, "", std::move(why)};
}

}  // namespace

RealFiles::RealFiles(std::string root, uid_t trusted_owner)
    : root_(std::move(root)), trusted_owner_(trusted_owner) {}

FileText RealFiles::read(const std::string& path, std::size_t limit) const {
    const Descriptor file(::open(real(path).c_str(), to_read));
    return file ? read_open_file(file.get(), limit, path) : not_opened(errno, path);
}

FileText RealFiles::read_end(const std::string& path, std::size_t limit) const {
    const Descriptor file(::open(real(path).c_str(), to_read));
    if (!file) {
        return not_opened(errno, path);
    }
    // Fails, and stays at the beginning, where the file is shorter. It may grow while it is read.
    const off_t left_out = ::lseek(file.get(), -static_cast<off_t>(limit), SEEK_END);
    auto end = read_open_file(file.get(), 2 * limit, path);
    if (left_out > 0) {
        // Half a line may be half a secret, which scrub() would not know.
        end.text.erase(0, end.text.find('\n') + 1);
    }
    return end;
}

FileText RealFiles::read_trusted(const std::string& path, std::size_t limit) const {
    Descriptor step = open_folder(real("/"), O_NOFOLLOW);
    std::string walked = "/";
    std::size_t at = 0;
    while (true) {
        if (!step) {
            // ELOOP: the last name is a link. ENOTDIR: a link or a file where a folder should be.
            const bool wrong_kind = errno == ELOOP || errno == ENOTDIR;
            return wrong_kind ? untrusted(walked + " is a link or not a folder")
                              : not_opened(errno, walked);
        }
        const bool last = at >= path.size();
        if (std::string why = distrust(step.get(), last, trusted_owner_, walked); !why.empty()) {
            return untrusted(std::move(why));
        }
        if (last) {
            return read_open_file(step.get(), limit, path);
        }
        const std::size_t begin = path.find_first_not_of('/', at);
        const std::size_t end = std::min(path.find('/', begin), path.size());
        walked = path.substr(0, end);
        at = end;
        const int folder_only = end < path.size() ? O_DIRECTORY : 0;
        const std::string name = path.substr(begin, end - begin);
        step = Descriptor(::openat(step.get(), name.c_str(), to_read | O_NOFOLLOW | folder_only));
    }
}

std::optional<FileInfo> RealFiles::info(const std::string& path) const {
    struct stat status {};
    if (::lstat(real(path).c_str(), &status) != 0) {
        return std::nullopt;
    }
    return FileInfo{kind_of(status.st_mode),
                    status.st_mode & 07777U,
                    status.st_uid,
                    status.st_gid,
                    static_cast<std::uint64_t>(status.st_size),
                    status.st_mtim.tv_sec,
                    status.st_dev};
}

std::vector<std::string> RealFiles::list(const std::string& folder) const {
    const Descriptor opened = open_folder(real(folder));
    return opened ? names_in(opened.get()) : std::vector<std::string>{};
}

std::string RealFiles::write(const std::string& path, const std::string& content, unsigned mode) {
    const Descriptor folder = open_folder(folder_of(real(path)));
    if (!folder) {
        return errno_text(folder_of(path), errno);
    }
    TemporaryFile file(folder.get());
    const bool written = file.get() >= 0 && write_all(file.get(), content) &&
                         ::fchmod(file.get(), mode) == 0 && ::fsync(file.get()) == 0 &&
                         file.keep_as(name_of(path));
    if (!written) {
        return errno_text(path, errno);
    }
    ::fsync(folder.get());  // file systems that cannot do it for a folder say EINVAL
    return {};
}

std::string RealFiles::remove(const std::string& path) {
    const bool gone = ::unlink(real(path).c_str()) == 0 || errno == ENOENT || errno == ENOTDIR;
    return gone ? "" : errno_text(path, errno);
}

std::string RealFiles::rename(const std::string& from, const std::string& to) {
    return ::rename(real(from).c_str(), real(to).c_str()) == 0 ? "" : errno_text(from, errno);
}

bool RealFiles::read_only(const std::string& path) const {
    struct statvfs space {};
    return ::statvfs(real(path).c_str(), &space) == 0 && (space.f_flag & ST_RDONLY) != 0;
}

std::optional<std::uint64_t> RealFiles::free_space(const std::string& path) const {
    struct statvfs status {};
    std::string existing = path;
    while (::statvfs(real(existing).c_str(), &status) != 0) {
        if (existing == "/" || (errno != ENOENT && errno != ENOTDIR)) {
            return std::nullopt;
        }
        existing = folder_of(existing);
    }
    // Root may also use the blocks that are reserved for it.
    return status.f_frsize * (::geteuid() == 0 ? status.f_bfree : status.f_bavail);
}

}  // namespace aadssh
