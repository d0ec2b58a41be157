// SPDX-License-Identifier: MIT
#include "tests/fakes/files.hpp"

#include <fmt/format.h>

namespace aadssh {
namespace {

using Kind = FileInfo::Kind;

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string below(const std::string& folder) {
    return folder == "/" ? folder : folder + "/";
}

const std::string no_such_file = "No such file or directory";

/// The number of the longest path that is `path` or above it.
std::optional<std::uint64_t> longest(const std::map<std::string, std::uint64_t>& numbers,
                                     const std::string& path) {
    std::optional<std::uint64_t> number;
    for (const auto& [top, value] : numbers) {  // in order: a longer one comes later
        if (path == top || path.starts_with(below(top))) {
            number = value;
        }
    }
    return number;
}

/// Keeps the path in the fake's `held_elsewhere` while it lives, so that a second try_lock fails.
class FakeLock : public FileLock {
  public:
    FakeLock(std::set<std::string>& held, std::string path) : held_(held), path_(std::move(path)) {
        held_.insert(path_);
    }
    ~FakeLock() override { held_.erase(path_); }
    FakeLock(const FakeLock&) = delete;
    FakeLock& operator=(const FakeLock&) = delete;

  private:
    std::set<std::string>& held_;
    std::string path_;
};

}  // namespace

void FakeFiles::add(const std::string& path, const std::string& content, unsigned mode) {
    add_folder(parent_of(path));
    entries[path] = {Kind::regular, content, mode, 0, 0};
}

void FakeFiles::add_folder(const std::string& path, unsigned mode) {
    if (!entries.contains(path)) {
        add_folder(parent_of(path));
        entries[path] = {Kind::folder, "", mode, 0, 0};
    }
}

void FakeFiles::add_link(const std::string& path, const std::string& target) {
    add_folder(parent_of(path));
    entries[path] = {Kind::link, target, 0777, 0, 0};
}

std::string FakeFiles::text(const std::string& path) const {
    const auto found = entries.find(path);
    return found == entries.end() ? "(absent)" : found->second.content;
}

bool FakeFiles::is_folder(const std::string& path) const {
    const auto found = entries.find(path);
    return found != entries.end() && found->second.kind == Kind::folder;
}

/// Records a change and says whether it must fail.
std::string FakeFiles::change(const std::string& operation, const std::string& path) {
    if (kill_in_ > 0 && --kill_in_ == 0) {
        throw Killed{};
    }
    std::string error = fail_in_ > 0 && --fail_in_ == 0 ? "Input/output error" : "";
    for (const auto& [refused_path, why] : refused) {
        if (path == refused_path || path.starts_with(below(refused_path))) {
            error = why;
        }
    }
    operations.push_back(operation + (error.empty() ? "" : " FAILED"));
    return error;
}

FileText FakeFiles::read(const std::string& path, std::size_t limit) const {
    if (const auto scripted = answers.find(path); scripted != answers.end()) {
        return scripted->second;
    }
    auto found = entries.find(path);
    for (int hops = 0; hops < 8 && found != entries.end() && found->second.kind == Kind::link;
         ++hops) {
        found = entries.find(found->second.content);
    }
    if (found == entries.end()) {
        return {FileText::State::absent, "", ""};
    }
    if (found->second.kind != Kind::regular) {
        return {FileText::State::not_a_file, "", path + " is not a regular file"};
    }
    if (found->second.content.size() > limit) {
        return {
            FileText::State::too_big, "", fmt::format("{} has more than {} bytes", path, limit)};
    }
    const FakeFile& file = found->second;
    return {FileText::State::read, file.content, "", file.mode, file.owner, file.group};
}

FileText FakeFiles::read_end(const std::string& path, std::size_t limit) const {
    FileText file = read(path, std::string::npos);
    if (file.text.size() > limit) {
        file.text.erase(0, file.text.size() - limit);
        file.text.erase(0, file.text.find('\n') + 1);
    }
    return file;
}

FileText FakeFiles::read_trusted(const std::string& path, std::size_t limit) const {
    if (answers.contains(path) || !entries.contains(path)) {
        return read(path, limit);
    }
    for (std::string step = path; step != "/"; step = parent_of(step)) {
        const auto& entry = entries.at(step);
        const Kind expected = step == path ? Kind::regular : Kind::folder;
        if (entry.kind != expected || entry.owner != 0 || (entry.mode & 0022U) != 0) {
            return {FileText::State::untrusted, "", step + " is not trusted"};
        }
    }
    return read(path, limit);
}

std::optional<FileInfo> FakeFiles::info(const std::string& path) const {
    const auto found = entries.find(path);
    if (found == entries.end()) {
        return std::nullopt;
    }
    const FakeFile& entry = found->second;
    return FileInfo{entry.kind,
                    entry.mode,
                    entry.owner,
                    entry.group,
                    entry.content.size(),
                    entry.modified,
                    longest(devices, path).value_or(1)};
}

std::vector<std::string> FakeFiles::list(const std::string& folder) const {
    std::vector<std::string> names;
    const std::string start = below(folder);
    for (const auto& [path, entry] : entries) {
        if (path.size() > start.size() && path.starts_with(start) &&
            path.find('/', start.size()) == std::string::npos) {
            names.push_back(path.substr(start.size()));
        }
    }
    return names;
}

std::string FakeFiles::write(const std::string& path, const std::string& content, unsigned mode) {
    std::string error = change(fmt::format("write {} {:04o}", path, mode), path);
    if (error.empty() && !is_folder(parent_of(path))) {
        error = no_such_file;
    }
    if (error.empty() && is_folder(path)) {
        error = "Is a directory";
    }
    if (error.empty()) {
        entries[path] = {Kind::regular, content, mode, 0, 0};
    }
    return error;
}

std::string FakeFiles::overwrite(const std::string& path, const std::string& content) {
    std::string error = change("overwrite " + path, path);
    if (error.empty() && !entries.contains(path)) {
        error = no_such_file;
    }
    if (error.empty()) {
        entries[path].content = content;
    }
    return error;
}

std::string FakeFiles::reserve(const std::string& path, std::size_t bytes) {
    if (const auto found = entries.find(path);
        found != entries.end() && found->second.content.size() >= bytes) {
        return {};
    }
    std::string error = change("reserve " + path, path);
    if (error.empty() && !is_folder(parent_of(path))) {
        error = no_such_file;
    }
    if (error.empty()) {
        entries[path] = {Kind::regular, std::string(bytes, '\0'), 0600, 0, 0};
    }
    return error;
}

std::optional<std::uint64_t> FakeFiles::free_space(const std::string& path) const {
    const auto number = longest(free_below, path);
    return number ? number : free;
}

std::string FakeFiles::make_folder(const std::string& path, unsigned mode) {
    std::string error = change(fmt::format("make_folder {} {:04o}", path, mode), path);
    for (std::string step = path; error.empty() && step != "/"; step = parent_of(step)) {
        if (entries.contains(step) && !is_folder(step)) {
            error = step + " is not a folder";
        }
    }
    if (error.empty()) {
        add_folder(path, mode);
        entries[path].mode = mode;
    }
    return error;
}

std::string FakeFiles::remove(const std::string& path) {
    std::string error = change("remove " + path, path);
    if (error.empty() && is_folder(path)) {
        error = "Is a directory";
    }
    if (error.empty()) {
        entries.erase(path);
    }
    return error;
}

std::string FakeFiles::remove_tree(const std::string& path) {
    std::string error = change("remove_tree " + path, path);
    if (error.empty()) {
        entries.erase(path);
        std::erase_if(entries,
                      [&](const auto& entry) { return entry.first.starts_with(below(path)); });
    }
    return error;
}

std::string FakeFiles::rename(const std::string& from, const std::string& to) {
    std::string error = change("rename " + from + " " + to, to);
    if (error.empty() && (!entries.contains(from) || !is_folder(parent_of(to)))) {
        error = no_such_file;
    }
    if (!error.empty()) {
        return error;
    }
    std::map<std::string, FakeFile> moved;
    for (const auto& [path, entry] : entries) {
        if (path == from || path.starts_with(below(from))) {
            moved[to + path.substr(from.size())] = entry;
        }
    }
    std::erase_if(entries, [&](const auto& entry) {
        return entry.first == from || entry.first.starts_with(below(from));
    });
    moved.merge(entries);  // what is in `moved` already wins, as rename(2) replaces
    entries = std::move(moved);
    return {};
}

std::string FakeFiles::seed(const std::string& from,
                            const std::string& to,
                            const std::string& except_prefix) {
    std::string error = change("seed " + from + " " + to, to);
    if (error.empty() && !is_folder(to)) {
        error = no_such_file;
    }
    for (const std::string& name : error.empty() ? list(from) : std::vector<std::string>{}) {
        const FakeFile entry = entries.at(below(from) + name);
        const bool left_out =
            name == "lock" || (!except_prefix.empty() && name.starts_with(except_prefix));
        if (entry.kind == Kind::regular && !left_out) {
            entries.emplace(below(to) + name, entry);
        }
    }
    return error;
}

std::unique_ptr<FileLock> FakeFiles::try_lock(const std::string& path,
                                              const std::string& owner_text) {
    if (held_elsewhere.contains(path)) {
        return nullptr;
    }
    change("lock " + path, path);
    add(path, owner_text, 0600);
    return std::make_unique<FakeLock>(held_elsewhere, path);
}

std::optional<pid_t> FakeFiles::lock_holder(const std::string& path) const {
    const auto found = lock_holders.find(path);
    return found == lock_holders.end() ? std::nullopt : std::optional<pid_t>(found->second);
}

}  // namespace aadssh
