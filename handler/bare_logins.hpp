// SPDX-License-Identifier: MIT
#pragma once
#include <cstddef>
#include <string_view>

namespace aadssh::scrubbing {

/// Finds user:password@host:3128, the form without http:// that a proxy may be named in. Asked at
/// ever later places of a text, it looks at each character a fixed number of times.
class BareLogins {
  public:
    explicit BareLogins(std::string_view text) : text_(text) {}

    /// The @ behind the user and the password that begin at `at`; npos when none begin there. A
    /// port must follow the host, or "mailto:me@example.com" would be one; the value of a proxy is
    /// known without.
    std::size_t at_sign(std::size_t at, bool of_proxy);

  private:
    void read_user(std::size_t at);
    void read_rest();

    std::string_view text_;
    std::size_t user_end_ = 0;  ///< of the user's name that was read last
    bool is_secret_ = false;    ///< whether it is no user but, as in "token:", the name of a secret
    std::size_t rest_end_ = 0;  ///< of what follows the colon
    std::size_t host_sign_ = 0;  ///< the last @ in it that a host follows
    std::size_t port_sign_ = 0;  ///< the last one that a host and a port follow
};

}  // namespace aadssh::scrubbing
