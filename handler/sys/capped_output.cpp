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
    const std::string_view tail =
        std::string_view(tail_).substr(tail_.size() > half_ ? tail_.size() - half_ : 0);
    const std::size_t left_out = seen_ - head_.size() - tail.size();
    if (left_out == 0) {
        return head_ + tail_;
    }
    return fmt::format("{}\n… {} bytes left out …\n{}", head_, left_out, tail);
}

}  // namespace aadssh
