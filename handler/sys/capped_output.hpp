// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace aadssh {

/// Keeps the first and the last half of `cap` bytes: package managers say at the start what they do
/// and at the end what went wrong. Lines that were cut are left out whole, because half a secret is
/// not recognised as one.
class CappedOutput {
  public:
    explicit CappedOutput(std::size_t cap) : half_(cap / 2) {}

    void add(std::string_view bytes);

    /// All, or the whole lines of the two halves with "… N bytes left out …" on a line between
    /// them.
    std::string text() const;

  private:
    std::size_t half_;
    std::size_t seen_ = 0;
    std::string head_;
    std::string tail_;
};

}  // namespace aadssh
