// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/descriptor.hpp"
#include "handler/sys/files.hpp"

#include <string>
#include <string_view>
#include <vector>

// The pieces that RealFiles is made of.
namespace aadssh {

/// A path's folder ("/" for "/x") and the name in it.
std::string folder_of(const std::string& path);
std::string name_of(const std::string& path);

Descriptor open_folder(const std::string& path, int extra_flags = 0);

/// Sorted, without . and ..
std::vector<std::string> names_in(int folder);

/// What an open descriptor holds, if it is a regular file of at most `limit` bytes.
FileText read_open_file(int file, std::size_t limit, const std::string& path);

/// The errno of a failed open as the answer of a read.
FileText not_opened(int number, const std::string& path);

/// A new file in an open folder under a name that nobody can guess; gone again unless it is kept.
class TemporaryFile {
  public:
    explicit TemporaryFile(int folder);
    ~TemporaryFile();
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;

    int get() const { return file_.get(); }  ///< negative: see errno
    /// Renames it; what had that name is replaced. False: see errno.
    bool keep_as(const std::string& name);

  private:
    int folder_;
    std::string name_;
    Descriptor file_;
};

bool write_all(int file, std::string_view bytes);

}  // namespace aadssh
