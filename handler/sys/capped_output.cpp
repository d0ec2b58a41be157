// SPDX-License-Identifier: MIT
#include "handler/sys/capped_output.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aadssh {

void CappedOutput::add(std::string_view bytes) {
    seen_ += bytes.size();
    const std::size_t to_head = std::min(bytes.size(), half_ - head_.size());
    head_ += bytes.substr(0, to_head);
    tail_ += bytes.substr(to_head);
    if (tail_.size() > 2 * half_) {  // not at every byte: erasing moves what stays
        tail_.erase(0, tail_.size() - half_);
    }
}

std::string CappedOutput::text() const {
    if (head_.size() + tail_.size() == seen_ && tail_.size() <= half_) {
        return head_ + tail_;
    }
    constexpr std::string_view line_breaks = "\r\n";  // progress is shown with \r
    const std::string_view kept(tail_);
    const std::size_t cut = kept.size() - std::min(kept.size(), half_);
    const std::size_t line_end = kept.find_first_of(line_breaks, cut);
    const auto tail = kept.substr(line_end == std::string_view::npos ? kept.size() : line_end + 1);
    const auto head = std::string_view(head_).substr(0, head_.find_last_of(line_breaks) + 1);
    return fmt::format(
        "{}… {} bytes left out …\n{}", head, seen_ - head.size() - tail.size(), tail);
}

}  // namespace aadssh
