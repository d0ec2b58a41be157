// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace aadssh {

/// Takes out what must never be shown and puts *** in its place: user:password in any URL and in
/// user:password@host:3128, bearer tokens and JWTs, values of "access_token", "clientSecret" and
/// their like (secret_names.cpp), SAS signatures (sig=...), Authorization and Proxy-Authorization
/// values, private key blocks. Everything that leaves the program (log, status, stdout, stderr)
/// passes through here. Idempotent, in linear time; the rest stays byte for byte.
std::string scrub(std::string_view text);

/// Valid UTF-8, control characters but \n and \t replaced by spaces, cut to at most `limit` bytes
/// at a character's edge with "…" where something is missing. Scrub first: half a token is not
/// recognised.
std::string printable(std::string_view text, std::size_t limit);

/// printable(), on one line: a line break and the blanks around it become one space.
std::string one_line(std::string_view text, std::size_t limit);

}  // namespace aadssh
