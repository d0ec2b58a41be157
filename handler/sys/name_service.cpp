// SPDX-License-Identifier: MIT
#include "handler/sys/name_service.hpp"

#ifdef AADSSH_STATIC_LIBC
#include <nss.h>

#include <array>
#endif

namespace aadssh {

void pin_name_service() {
#ifdef AADSSH_STATIC_LIBC
    __nss_configure_lookup("hosts", "files dns");
    // Every other database of nsswitch.conf(5).
    constexpr std::array databases = {"aliases",
                                      "ethers",
                                      "group",
                                      "gshadow",
                                      "initgroups",
                                      "netgroup",
                                      "networks",
                                      "passwd",
                                      "protocols",
                                      "publickey",
                                      "rpc",
                                      "services",
                                      "shadow"};
    for (const char* database : databases) {
        __nss_configure_lookup(database, "files");
    }
#endif
}

}  // namespace aadssh
