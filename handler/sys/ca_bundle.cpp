// SPDX-License-Identifier: MIT
#include "handler/sys/files.hpp"
#include "handler/sys/http.hpp"

#include <array>

namespace aadssh {
namespace {

// In the order that Go's crypto/x509/root_linux.go tries them, plus where RHEL 10 has it.
constexpr std::array<const char*, 8> usual_places = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu
    "/etc/pki/tls/certs/ca-bundle.crt",                   // RHEL up to 9, Azure Linux
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL 10
    "/var/lib/ca-certificates/ca-bundle.pem",             // SLES, openSUSE
    "/etc/ssl/ca-bundle.pem",                             // older SLES
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/tls/cert.pem",
    "/etc/ssl/cert.pem",
};

constexpr std::size_t largest = 16U << 20U;

}  // namespace

std::string find_ca_bundle(const Files& files) {
    for (const char* path : usual_places) {
        const FileText bundle = files.read(path, largest);
        if (bundle.ok() && !bundle.text.empty()) {  // empty: ca-certificates is half configured
            return path;
        }
    }
    return {};
}

}  // namespace aadssh
