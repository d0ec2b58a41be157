// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/files.hpp"

namespace aadssh {

class RealFiles : public Files {
  public:
    /// `root` is put before every path and `trusted_owner` is whom read_trusted asks for; both are
    /// for tests in a folder of their own.
    explicit RealFiles(std::string root = "", uid_t trusted_owner = 0);

    FileText read(const std::string& path, std::size_t limit) const override;
    FileText read_end(const std::string& path, std::size_t limit) const override;
    FileText read_trusted(const std::string& path, std::size_t limit) const override;
    std::optional<FileInfo> info(const std::string& path) const override;
    std::vector<std::string> list(const std::string& folder) const override;
    std::string write(const std::string& path, const std::string& content, unsigned mode) override;
    std::string overwrite(const std::string& path, const std::string& content) override;
    std::string reserve(const std::string& path, std::size_t bytes) override;
    std::string make_folder(const std::string& path, unsigned mode) override;
    std::string remove(const std::string& path) override;
    std::string remove_tree(const std::string& path) override;
    std::string rename(const std::string& from, const std::string& to) override;
    std::string seed(const std::string& from,
                     const std::string& to,
                     const std::string& except_prefix) override;
    std::unique_ptr<FileLock> try_lock(const std::string& path,
                                       const std::string& owner_text) override;
    std::optional<pid_t> lock_holder(const std::string& path) const override;
    bool read_only(const std::string& path) const override;
    std::optional<std::uint64_t> free_space(const std::string& path) const override;

  private:
    std::string real(const std::string& path) const { return root_ + path; }

    std::string root_;
    uid_t trusted_owner_;
};

}  // namespace aadssh
