// The engines behind open_store(). For this room only; everybody else sees store.h.
#pragma once

#include <memory>

#include "store/store.h"

namespace limpid::store {

// For "sqlite:PATH".
Result<std::unique_ptr<Store>> open_sqlite(const StoreOptions& options);
// For "postgresql://…" and "postgres://…".
Result<std::unique_ptr<Store>> open_postgres(const StoreOptions& options);

}  // namespace limpid::store
