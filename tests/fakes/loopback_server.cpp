// SPDX-License-Identifier: MIT
#include "tests/fakes/loopback_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace aadssh {

Descriptor bind_loopback(std::uint16_t& port) {
    Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = std::bit_cast<sockaddr*>(&address);
    if (::bind(socket.get(), generic, length) != 0 ||
        ::getsockname(socket.get(), generic, &length) != 0) {
        throw std::runtime_error("cannot bind to 127.0.0.1");
    }
    port = ntohs(address.sin_port);
    return socket;
}

LoopbackServer::LoopbackServer(Answer answer)
    : answer_(std::move(answer)), listener_(bind_loopback(port_)) {
    if (::listen(listener_.get(), 8) != 0) {
        throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    thread_ = std::thread([this] { serve(); });
}

LoopbackServer::~LoopbackServer() {
    stop_.raise();
    thread_.join();
}

std::string LoopbackServer::url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
}

std::vector<std::string> LoopbackServer::requests() const {
    const std::scoped_lock lock(mutex_);
    return requests_;
}

void LoopbackServer::serve() {
    std::vector<Descriptor> kept_open;
    while (true) {
        std::array<pollfd, 2> watched = {
            {{listener_.get(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), -1);
        if (stop_.raised()) {
            return;
        }
        kept_open.emplace_back(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        converse(kept_open.back().get());
    }
}

void LoopbackServer::converse(int connection) {
    std::string head;
    std::array<char, 4096> buffer;
    // Up to the blank line, or whatever comes first if it is not HTTP (a TLS greeting).
    while (head.find("\r\n\r\n") == head.npos && (head.empty() || head[0] >= ' ')) {
        const ssize_t got = ::recv(connection, buffer.data(), buffer.size(), 0);
        if (got <= 0) {
            return;
        }
        head.append(buffer.data(), static_cast<std::size_t>(got));
    }
    {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(head);
    }
    const std::string answer = answer_(head);
    if (!answer.empty()) {
        ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::shutdown(connection, SHUT_WR);
    }
}

std::uint16_t closed_port() {
    std::uint16_t port = 0;
    const Descriptor bound_and_gone = bind_loopback(port);
    return port;
}

}  // namespace aadssh
