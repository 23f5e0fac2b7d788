#include "vulndb/state.h"
namespace limpid::vulndb {
Result<void> Database::verify() const { return {}; }
}  // namespace limpid::vulndb
