// SPDX-License-Identifier: MIT
#include "handler/run.hpp"
#include "handler/sys/name_service.hpp"
#include "handler/sys/real_world.hpp"

#include <iostream>

int main(int argc, char** argv) {
    aadssh::pin_name_service();  // first: a static program must never load the host's NSS modules
    aadssh::RealWorld real;
    auto world = real.world();
    return aadssh::run({argv + 1, argv + argc}, world, std::cout, std::cerr);
}
