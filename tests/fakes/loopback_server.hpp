// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/descriptor.hpp"
#include "handler/sys/stop_flag.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace aadssh {

/// A tiny HTTP server on 127.0.0.1 for tests of the real Http. The function gets each request's
/// head and returns the raw answer, after which the connection is closed; to an empty answer it
/// stays open and silent.
///
///     LoopbackServer server([](const std::string&) { return "HTTP/1.1 200 OK\r\n\r\nhello"; });
///     request.url = server.url("/x");
class LoopbackServer {
  public:
    using Answer = std::function<std::string(const std::string& head)>;

    explicit LoopbackServer(Answer answer);
    ~LoopbackServer();
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    std::string url(const std::string& path) const;
    std::uint16_t port() const { return port_; }
    std::vector<std::string> requests() const;

  private:
    void serve();
    void converse(int connection);

    Answer answer_;
    std::uint16_t port_ = 0;  // before listener_, whose making sets it
    Descriptor listener_;
    StopFlag stop_;
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;
    std::thread thread_;
};

/// A socket bound to a free port of 127.0.0.1, which is put into `port`.
Descriptor bind_loopback(std::uint16_t& port);

/// A port of 127.0.0.1 on which nobody listens.
std::uint16_t closed_port();

}  // namespace aadssh
