// SPDX-License-Identifier: MIT
// RealFiles: our own lock, and a look at those of others.
#include "handler/failure.hpp"
#include "handler/sys/errno_text.hpp"
#include "handler/sys/file_parts.hpp"
#include "handler/sys/real_files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace aadssh {
namespace {

/// The file stays when the lock goes: removing it would let two others lock two different files.
class FlockLock : public FileLock {
  public:
    explicit FlockLock(Descriptor file) : file_(std::move(file)) {}

  private:
    Descriptor file_;
};

}  // namespace

std::unique_ptr<FileLock> RealFiles::try_lock(const std::string& path,
                                              const std::string& owner_text) {
    Descriptor file(::open(real(path).c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        if (file && errno == EWOULDBLOCK) {
            return nullptr;
        }
        throw Failure(ExitCode::internal_error,
                      Phase::start,
                      "the lock file " + path + " cannot be used",
                      errno_text(errno));
    }
    // Whose lock it is helps people only; a full disk must not stop us here.
    if (::fchmod(file.get(), 0600) == 0 && ::ftruncate(file.get(), 0) == 0) {
        write_all(file.get(), owner_text);
    }
    return std::make_unique<FlockLock>(std::move(file));
}

std::optional<pid_t> RealFiles::lock_holder(const std::string& path) const {
    const Descriptor file(
        ::open(real(path).c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC));
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (!file || ::fcntl(file.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) {
        return std::nullopt;
    }
    return lock.l_pid > 0 ? lock.l_pid
                          : 0;  // -1: an open file description's lock, which has no owner
}

}  // namespace aadssh
