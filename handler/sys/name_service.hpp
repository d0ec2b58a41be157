// SPDX-License-Identifier: MIT
#pragma once

namespace aadssh {

/// The first statement of every main(). In the static program, any name service but "files" and
/// "dns" would make glibc load the host's libnss_*.so and with it a second libc, and crash; those
/// two are built in since glibc 2.34. In the shared build it does nothing.
void pin_name_service();

}  // namespace aadssh
