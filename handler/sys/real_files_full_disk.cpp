// SPDX-License-Identifier: MIT
// RealFiles: what it does in advance, and in the end, about a disk that is full.
#include "handler/sys/errno_text.hpp"
#include "handler/sys/file_parts.hpp"
#include "handler/sys/real_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace aadssh {
namespace {

constexpr off_t block_unit = 512;  // of st_blocks, whatever the file system's own (stat(3type))

}  // namespace

std::string RealFiles::overwrite(const std::string& path, const std::string& content) {
    const Descriptor file(::open(real(path).c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!file || ::fstat(file.get(), &status) != 0) {
        return errno_text(path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return errno_text(path, EINVAL);
    }
    // Blanks up to where the old text ends: if we are killed before they are cut off, a reader of
    // JSON sees the new text and nothing of the old one.
    std::string padded = content;
    padded.resize(std::max(content.size(), static_cast<std::size_t>(status.st_size)), ' ');
    const auto size = static_cast<off_t>(padded.size());
    const bool room = status.st_blocks * block_unit >= size ||
                      ::fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, size) == 0;
    const bool written = room && write_all(file.get(), padded) &&
                         ::ftruncate(file.get(), static_cast<off_t>(content.size())) == 0 &&
                         ::fsync(file.get()) == 0;
    return written ? "" : errno_text(path, errno);
}

std::string RealFiles::reserve(const std::string& path, std::size_t bytes) {
    constexpr int how = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    const Descriptor file(::open(real(path).c_str(), how, 0600));
    const bool kept = file && ::fallocate(file.get(), 0, 0, static_cast<off_t>(bytes)) == 0;
    return kept ? "" : errno_text(path, errno);
}

}  // namespace aadssh
