// SPDX-License-Identifier: MIT
#include "installers/openpgp.hpp"
#include "installers/openpgp_armour.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace aadssh {

void try_input(std::string_view input) {
    const KeyFile file = read_key_file(input);
    if (!file.error.empty()) {
        must(file.binary.empty() && file.primary.empty() && file.keys.empty(),
             "a key file is taken whole or not at all");
        must_be_showable(file.error, 200);
        return;
    }
    must(!file.primary.empty() && file.primary.size() <= 32, "a key file holds 1 to 32 keys");
    must(file.keys.size() == file.primary.size(), "each key has its packets");
    std::string all;
    for (const std::string& key : file.keys) {
        all += key;
    }
    must(all == file.binary, "every packet belongs to a key");
    for (const Fingerprint& fingerprint : file.primary) {
        must(fingerprint.size() == 40, "a fingerprint has 40 digits");
    }
    for (const std::string& form : {file.binary, add_armour(file.binary)}) {
        const KeyFile again = read_key_file(form);
        must(again.error.empty() && again.binary == file.binary && again.primary == file.primary,
             "keys read the same in either form");
    }
}

}  // namespace aadssh
