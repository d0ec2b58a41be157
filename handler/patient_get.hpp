// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <optional>

namespace aadssh {

/// Up to a quarter longer, so that a scale set's machines do not all come back at once: the
/// repository answers 429 to too many requests from one address (microsoft/linux-package-
/// repositories, README).
Milliseconds jittered(Milliseconds pause);

/// What the header Retry-After asks for, seconds or a date (RFC 9110, section 10.2.3); nothing
/// where there is none that can be read.
std::optional<Seconds> retry_after(const HttpResponse& response, const Clock& clock);

/// GET, up to three times: after 429 and 5xx, and where no answer came that another try may bring.
/// Waits 2 and 6 s, or as long as the server asks; gives the last answer as soon as a wait would
/// not end before the deadline.
HttpResponse get_patiently(World& world, HttpRequest request, const Deadline& deadline);

}  // namespace aadssh
