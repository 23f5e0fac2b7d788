// The second listener: is this node alive (GET /health, as Clair's: 200 or 500, no body), and is it ready to give
// answers that mean something (GET /ready: 200 or 503, and why)?
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/http/server.h"
#include "service/v1/catalogue.h"
#include "store/store.h"

namespace limpid::service {

class Health final : public http::Handler {
 public:
  Health(store::Store& store, const v1::Catalogue& catalogue) : store_(store), catalogue_(catalogue) {}

  http::Response handle(const http::Request& request) override;
  http::Response timed_out(const http::Request& request) override;
  http::Response overloaded(const http::Request& request) override;

 private:
  http::Response readiness() const;

  store::Store& store_;
  const v1::Catalogue& catalogue_;
};

}  // namespace limpid::service
