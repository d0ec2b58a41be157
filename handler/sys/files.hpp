// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// How the name of a half-written file begins. A killed run leaves such files; whoever holds our
/// lock may remove them. apt ignores names that begin with a dot (apt-pkg/contrib/fileutl.cc).
inline constexpr std::string_view temporary_prefix = ".aadssh-tmp-";

/// What a path is, without following a link at its end (lstat(2)).
struct FileInfo {
    enum class Kind { regular, folder, link, other };
    Kind kind = Kind::other;
    unsigned mode = 0;  ///< permission bits only, 07777
    uid_t owner = 0;
    gid_t group = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  ///< seconds since the epoch
    std::uint64_t device = 0;
};

/// What reading gave. `text` is set only when `state` is `read`.
struct FileText {
    enum class State { read, absent, denied, too_big, not_a_file, failed, untrusted };
    State state = State::absent;
    std::string text;
    std::string
        why;  ///< for every state but `read` and `absent`: a phrase for people, with errno's text
    unsigned mode = 0;  ///< with `text`: the permission bits of what was opened, behind all links
    uid_t owner = 0;    ///< likewise
    gid_t group = 0;    ///< likewise

    bool ok() const { return state == State::read; }
};

/// Held until destroyed; the kernel frees it when the process ends, however it ends.
class FileLock {
  public:
    virtual ~FileLock() = default;
};

/// The file system. Paths are absolute. Every call is synchronous; nothing is cached.
/// Functions returning an error text return an empty string for success.
class Files {
  public:
    virtual ~Files() = default;

    /// The whole file if it has at most `limit` bytes; follows links.
    virtual FileText read(const std::string& path, std::size_t limit) const = 0;

    /// The last `limit` bytes, or rather the whole lines in them; all of a file that is no longer.
    virtual FileText read_end(const std::string& path, std::size_t limit) const = 0;

    /// Like read, but only a regular file that, like every folder above it, belongs to root and is
    /// writable by nobody else; opened without following links and checked on the open descriptor.
    /// Otherwise `untrusted`, with the offending path in `why`.
    virtual FileText read_trusted(const std::string& path, std::size_t limit) const = 0;

    virtual std::optional<FileInfo> info(const std::string& path) const = 0;

    /// Names (not paths) in a folder, sorted, without . and ..; empty when it cannot be read.
    virtual std::vector<std::string> list(const std::string& folder) const = 0;

    /// A temporary file with an unpredictable name in the same folder, O_EXCL|O_NOFOLLOW, exact
    /// mode whatever the umask, fsync, rename, fsync of the folder. The folder must exist.
    virtual std::string write(const std::string& path,
                              const std::string& content,
                              unsigned mode) = 0;

    /// For a disk that is full: replaces the content of an existing file in the blocks it has, or
    /// in those that can still be had; where they do not suffice nothing is changed. Written at
    /// once, with blanks over what the old text had more, which are then cut off. Never follows a
    /// link.
    virtual std::string overwrite(const std::string& path, const std::string& content) = 0;

    /// Makes a file of zeros whose blocks are really there, 0600, to be removed when they are
    /// needed, or makes one that is smaller grow.
    virtual std::string reserve(const std::string& path, std::size_t bytes) = 0;

    /// Makes the folder and missing parents (parents 0755) with the exact mode; an existing folder
    /// that belongs to us gets the mode, a link or another kind in its place is an error.
    virtual std::string make_folder(const std::string& path, unsigned mode) = 0;

    /// Removes a file or link; absent is success.
    virtual std::string remove(const std::string& path) = 0;

    /// Removes a folder and all below it without following links; absent is success.
    virtual std::string remove_tree(const std::string& path) = 0;

    virtual std::string rename(const std::string& from, const std::string& to) = 0;

    /// Puts every regular file directly in `from` also into the existing folder `to`, as a hard
    /// link or, across file systems or where linking is refused, as a copy; names that start with
    /// `except_prefix` (when not empty) are left out, and so is `lock`: as a hard link it would be
    /// one lock for both folders (apt-pkg/contrib/fileutl.cc GetLock). Existing names in `to` are
    /// kept.
    virtual std::string seed(const std::string& from,
                             const std::string& to,
                             const std::string& except_prefix) = 0;

    /// An exclusive flock(2) on the file (made 0600 when absent) whose text becomes `owner_text`;
    /// nullptr when somebody else holds it. Throws Failure(internal_error) when it cannot be tried.
    virtual std::unique_ptr<FileLock> try_lock(const std::string& path,
                                               const std::string& owner_text) = 0;

    /// Pid of the process that holds a POSIX (fcntl) write lock on the file, as dpkg and apt take
    /// them (dpkg lib/dpkg/dbmodify.c, apt apt-pkg/contrib/fileutl.cc GetLock); nothing when it is
    /// free or absent; 0 when held by a process that we cannot see.
    virtual std::optional<pid_t> lock_holder(const std::string& path) const = 0;

    /// Whether the file system of `path` is mounted read-only (statvfs(3), ST_RDONLY).
    virtual bool read_only(const std::string& path) const = 0;

    /// Bytes an ordinary write could still use on the file system of `path` (or its nearest
    /// existing parent).
    virtual std::optional<std::uint64_t> free_space(const std::string& path) const = 0;
};

}  // namespace aadssh
