// SPDX-License-Identifier: MIT
#pragma once
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace aadssh {

/// A private folder (0700) for tests of the real system calls; gone afterwards.
///
///     TemporaryFolder folder;
///     RealFiles files(folder.path(), ::geteuid());
class TemporaryFolder {
  public:
    explicit TemporaryFolder(
        const std::filesystem::path& where = std::filesystem::temp_directory_path())
        : path_(where / "aadssh-test-XXXXXX") {
        if (::mkdtemp(path_.data()) == nullptr) {
            throw std::runtime_error("cannot make " + path_);
        }
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace aadssh
