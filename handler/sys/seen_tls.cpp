// SPDX-License-Identifier: MIT
#include "handler/sys/seen_tls.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

namespace aadssh {
namespace {

constexpr std::size_t longest_name = 200;

std::string in_words(const X509_NAME* name) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
    if (!memory || X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253) < 0) {
        return {};
    }
    char* bytes = nullptr;
    const long length = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, std::min(static_cast<std::size_t>(std::max(0L, length)), longest_name)};
}

/// Takes the place of OpenSSL's own call of the same function
/// (SSL_CTX_set_cert_verify_callback(3)).
int verify(X509_STORE_CTX* store, void* seen) {
    const int accepted = X509_verify_cert(store);
    if (accepted != 1) {
        const X509* last = X509_STORE_CTX_get_current_cert(store);
        last = last == nullptr ? X509_STORE_CTX_get0_cert(store) : last;
        if (last != nullptr) {
            static_cast<SeenTls*>(seen)->refused_issuer = in_words(X509_get_issuer_name(last));
        }
    }
    return accepted;
}

/// Called when a connection to the server is there (CURLOPT_SSL_CTX_FUNCTION(3)).
CURLcode set_up(CURL* /*easy*/, void* context, void* seen) {
    static_cast<SeenTls*>(seen)->begun = true;
    SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(context), verify, seen);
    return CURLE_OK;
}

}  // namespace

void watch_tls(CURL* easy, SeenTls& seen) {
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, set_up);
    curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &seen);
}

}  // namespace aadssh
