// SPDX-License-Identifier: MIT
// RealFiles: what it does with whole folders.
#include "handler/sys/errno_text.hpp"
#include "handler/sys/file_parts.hpp"
#include "handler/sys/real_files.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace aadssh {
namespace {

/// Creates one folder with the exact mode; 0 or errno. It never has more rights than it will get.
int create_folder(const std::string& path, unsigned mode) {
    if (::mkdir(path.c_str(), 0700) != 0) {
        return errno;
    }
    const Descriptor folder = open_folder(path, O_NOFOLLOW);
    return folder && ::fchmod(folder.get(), mode) == 0 ? 0 : errno;
}

/// Missing folders above `path`; 0 or errno.
int create_parents(const std::string& path) {
    const std::string parent = folder_of(path);
    if (parent == "/" || ::access(parent.c_str(), F_OK) == 0) {
        return 0;
    }
    int error = create_parents(parent);
    if (error == 0) {
        error = create_folder(parent, 0755);
    }
    return error == EEXIST ? 0 : error;  // another run was faster: folders come before our lock
}

/// Empties and removes `name` in an open folder; true, or errno and the culprit in `path`.
bool remove_below(int parent, const std::string& name, dev_t device, std::string& path) {
    struct stat status {};
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT;
    }
    if (!S_ISDIR(status.st_mode)) {
        return ::unlinkat(parent, name.c_str(), 0) == 0 || errno == ENOENT;
    }
    if (status.st_dev != device) {
        errno = EXDEV;  // something is mounted there: not ours to empty
        return false;
    }
    const Descriptor folder(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder) {
        return false;
    }
    for (const std::string& inner : names_in(folder.get())) {
        std::string inner_path = fmt::format("{}/{}", path, inner);
        if (!remove_below(folder.get(), inner, device, inner_path)) {
            path = inner_path;
            return false;
        }
    }
    return ::unlinkat(parent, name.c_str(), AT_REMOVEDIR) == 0;
}

/// With its times: apt asks "If-Modified-Since" by them (apt-pkg/acquire-item.cc). Under a
/// temporary name until it is whole, because a name that exists is never filled again.
bool copy_file(int from, const std::string& name, int to) {
    const Descriptor source(::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!source || ::fstat(source.get(), &status) != 0) {
        return false;
    }
    TemporaryFile copy(to);
    if (copy.get() < 0) {
        return false;
    }
    ssize_t moved = 0;
    do {
        moved = ::sendfile(copy.get(), source.get(), nullptr, 1U << 20U);
    } while (moved > 0);
    const std::array<timespec, 2> times = {status.st_atim, status.st_mtim};
    return moved == 0 && ::fchmod(copy.get(), status.st_mode & 07777U) == 0 &&
           ::futimens(copy.get(), times.data()) == 0 && copy.keep_as(name);
}

bool link_or_copy(int from, const std::string& name, int to) {
    struct stat status {};
    if (::fstatat(from, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode)) {
        return true;  // not for us, or gone meanwhile
    }
    if (::linkat(from, name.c_str(), to, name.c_str(), 0) == 0 || errno == EEXIST ||
        errno == ENOENT) {
        return true;
    }
    return copy_file(from, name, to);
}

}  // namespace

std::string RealFiles::make_folder(const std::string& path, unsigned mode) {
    const std::string where = real(path);
    int error = create_parents(where);
    if (error == 0) {
        error = create_folder(where, mode);
    }
    if (error != EEXIST) {
        return error == 0 ? "" : errno_text(path, error);
    }
    const Descriptor folder = open_folder(where, O_NOFOLLOW);
    struct stat status {};
    if (!folder || ::fstat(folder.get(), &status) != 0) {
        return errno_text(path, errno);
    }
    if (status.st_uid != ::geteuid()) {
        return path + " belongs to user id " + std::to_string(status.st_uid);
    }
    return ::fchmod(folder.get(), mode) == 0 ? "" : errno_text(path, errno);
}

std::string RealFiles::remove_tree(const std::string& path) {
    struct stat status {};
    if (::lstat(real(path).c_str(), &status) != 0) {
        return errno == ENOENT || errno == ENOTDIR ? "" : errno_text(path, errno);
    }
    std::string culprit = path;
    return remove_below(AT_FDCWD, real(path), status.st_dev, culprit) ? ""
                                                                      : errno_text(culprit, errno);
}

std::string RealFiles::seed(const std::string& from,
                            const std::string& to,
                            const std::string& except_prefix) {
    const Descriptor source = open_folder(real(from));
    if (!source) {
        return errno_text(from, errno);
    }
    const Descriptor target = open_folder(real(to));
    if (!target) {
        return errno_text(to, errno);
    }
    for (const std::string& name : names_in(source.get())) {
        const bool left_out =
            name == "lock" || (!except_prefix.empty() && name.starts_with(except_prefix));
        if (!left_out && !link_or_copy(source.get(), name, target.get())) {
            return errno_text(fmt::format("{}/{}", to, name), errno);
        }
    }
    return {};
}

}  // namespace aadssh
