// Which engine a URL means.
#include "store/engines.h"

namespace limpid::store {

Result<std::unique_ptr<Store>> open_store(const StoreOptions& options) {
  const std::string_view url = options.url;
  if (url.starts_with("sqlite:")) return open_sqlite(options);
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) return open_postgres(options);
  return fail(Code::usage, {"store '", printable_url(url), "': neither sqlite:PATH nor postgresql://…"});
}

}  // namespace limpid::store
