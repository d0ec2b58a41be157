// SPDX-License-Identifier: MIT
#define DOCTEST_CONFIG_IMPLEMENT
#include "handler/sys/name_service.hpp"

#include <doctest/doctest.h>

int main(int argc, char** argv) {
    aadssh::pin_name_service();
    return doctest::Context(argc, argv).run();
}
