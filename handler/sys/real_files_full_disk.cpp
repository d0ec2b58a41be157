// SPDX-License-Identifier: MIT
// RealFiles: what it does in advance, and in the end, about a disk that is full.
#include "handler/sys/errno_text.hpp"
#include "handler/sys/file_parts.hpp"
#include "handler/sys/real_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace aadssh {
namespace {

constexpr off_t block_unit = 512;  // of st_blocks, whatever the file system's own (stat(3type))

/// Whether `size` bytes fit into the blocks that the file has, or that it was given now.
bool has_blocks(int file, off_t size) {
    struct stat status {};
    if (::fstat(file, &status) != 0) {
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        errno = EINVAL;
        return false;
    }
    return status.st_blocks * block_unit >= size || ::fallocate(file, 0, 0, size) == 0;
}

}  // namespace

std::string RealFiles::overwrite(const std::string& path, const std::string& content) {
    const Descriptor file(::open(real(path).c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    const auto size = static_cast<off_t>(content.size());
    const bool written = file && has_blocks(file.get(), size) && write_all(file.get(), content) &&
                         ::ftruncate(file.get(), size) == 0 && ::fsync(file.get()) == 0;
    return written ? "" : errno_text(path, errno);
}

std::string RealFiles::reserve(const std::string& path, std::size_t bytes) {
    const Descriptor folder = open_folder(folder_of(real(path)));
    if (!folder) {
        return errno_text(folder_of(path), errno);
    }
    if (::faccessat(folder.get(), name_of(path).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        return {};
    }
    TemporaryFile file(folder.get());
    const bool kept = file.get() >= 0 &&
                      ::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) == 0 &&
                      file.keep_as(name_of(path));
    return kept ? "" : errno_text(path, errno);
}

}  // namespace aadssh
