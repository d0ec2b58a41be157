// SPDX-License-Identifier: MIT
#include "tests/fuzz/fuzz.hpp"

#include <cstddef>
#include <cstdint>

// The name is libFuzzer's (llvm.org/docs/LibFuzzer.html, "Fuzz Target").
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input =
        size == 0 ? std::string_view()
                  : std::string_view(reinterpret_cast<const char*>(data), size);
    aadssh::try_input(input);
    return 0;
}
