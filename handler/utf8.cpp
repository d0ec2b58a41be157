// SPDX-License-Identifier: MIT
#include "handler/utf8.hpp"

#include <array>

namespace aadssh {
namespace {

/// RFC 3629, section 4: which first byte has which length, and what its second byte may be.
struct Row {
    unsigned char first_low, first_high;
    unsigned char second_low, second_high;
    std::size_t length;
};
constexpr std::array<Row, 9> rows{{{0x00, 0x7F, 0x00, 0x00, 1},
                                   {0xC2, 0xDF, 0x80, 0xBF, 2},
                                   {0xE0, 0xE0, 0xA0, 0xBF, 3},
                                   {0xE1, 0xEC, 0x80, 0xBF, 3},
                                   {0xED, 0xED, 0x80, 0x9F, 3},
                                   {0xEE, 0xEF, 0x80, 0xBF, 3},
                                   {0xF0, 0xF0, 0x90, 0xBF, 4},
                                   {0xF1, 0xF3, 0x80, 0xBF, 4},
                                   {0xF4, 0xF4, 0x80, 0x8F, 4}}};

bool within(unsigned char byte, unsigned char low, unsigned char high) {
    return low <= byte && byte <= high;
}

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t index) {
        return static_cast<unsigned char>(text[at + index]);
    };
    if (at >= text.size()) {
        return 0;
    }
    for (const Row& row : rows) {
        if (!within(byte(0), row.first_low, row.first_high)) {
            continue;
        }
        if (text.size() - at < row.length) {
            return 0;
        }
        if (row.length > 1 && !within(byte(1), row.second_low, row.second_high)) {
            return 0;
        }
        for (std::size_t i = 2; i < row.length; ++i) {
            if (!within(byte(i), 0x80, 0xBF)) {
                return 0;
            }
        }
        return row.length;
    }
    return 0;
}

std::string valid_utf8(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = utf8_length(text, at);
        result += length ? text.substr(at, length) : std::string_view("\xEF\xBF\xBD");
        at += length ? length : 1;
    }
    return result;
}

}  // namespace aadssh
