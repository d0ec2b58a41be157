// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/descriptor.hpp"
#include "handler/sys/stop_flag.hpp"

#include <cstdint>
#include <string>
#include <thread>

namespace aadssh {

/// A TLS server on 127.0.0.1 whose certificate nobody trusts: one that an authority of this name
/// has issued, made for this test. Ends each connection after the handshake.
class TlsServer {
  public:
    explicit TlsServer(const std::string& authority);
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    std::string url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }

  private:
    void serve(const std::string& authority);

    std::uint16_t port_ = 0;
    Descriptor listener_;
    StopFlag stop_;
    std::thread thread_;
};

}  // namespace aadssh
