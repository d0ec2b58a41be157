// SPDX-License-Identifier: MIT
#include "tests/fakes/tls_server.hpp"

#include "tests/fakes/loopback_server.hpp"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <bit>
#include <memory>
#include <stdexcept>

namespace aadssh {
namespace {

template <auto Free>
struct Freed {
    template <typename Object>
    void operator()(Object* object) const {
        Free(object);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;

void name(X509_NAME* subject, const char* common_name) {
    X509_NAME_add_entry_by_txt(
        subject, "CN", MBSTRING_UTF8, std::bit_cast<const unsigned char*>(common_name), -1, -1, 0);
}

Certificate issue(EVP_PKEY* key, const std::string& authority) {
    Certificate certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key);
    name(X509_get_subject_name(certificate.get()), "127.0.0.1");
    name(X509_get_issuer_name(certificate.get()), authority.c_str());
    X509_sign(certificate.get(), key, EVP_sha256());
    return certificate;
}

}  // namespace

TlsServer::TlsServer(const std::string& authority) : listener_(bind_loopback(port_)) {
    if (::listen(listener_.get(), 8) != 0) {
        throw std::runtime_error("cannot listen on 127.0.0.1");
    }
    thread_ = std::thread([this, authority] { serve(authority); });
}

TlsServer::~TlsServer() {
    stop_.raise();
    thread_.join();
}

void TlsServer::serve(const std::string& authority) {
    const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    const Certificate certificate = issue(key.get(), authority);
    const Context context(SSL_CTX_new(TLS_server_method()));
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    while (true) {
        std::array<pollfd, 2> watched = {
            {{listener_.get(), POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), -1);
        if (stop_.raised()) {
            return;
        }
        const Descriptor connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        const Session session(SSL_new(context.get()));
        SSL_set_fd(session.get(), connection.get());
        SSL_accept(session.get());  // fails: the client refuses the certificate
    }
}

}  // namespace aadssh
