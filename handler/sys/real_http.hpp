// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/files.hpp"
#include "handler/sys/http.hpp"
#include "handler/sys/processes.hpp"
#include "handler/sys/stop_flag.hpp"

namespace aadssh {

class RealHttp : public Http {
  public:
    /// Of `environment`, only SSL_CERT_FILE and SSL_CERT_DIR are used. The CA bundle is looked for
    /// at each request: the package that brings it may be installed in between.
    RealHttp(const Files& files, const Variables& environment, const StopFlag& stop);

    HttpResponse get(const HttpRequest& request) override;

  private:
    const Files& files_;
    const StopFlag& stop_;
    std::string certificate_file_;
    std::string certificate_folder_;
};

}  // namespace aadssh
