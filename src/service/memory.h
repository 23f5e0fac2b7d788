// What this node keeps in memory of the store, and how changes reach it: the custom vulnerabilities, and the reports
// that stand ready.
#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "service/v1/catalogue.h"
#include "service/v1/report_cache.h"
#include "store/store.h"

namespace limpid::service {

class Memory final : public store::ChangeListener {
 public:
  // Both must outlive this.
  Memory(v1::Catalogue& catalogue, v1::ReportCache& cache) : catalogue_(catalogue), cache_(cache) {}

  // Reads all custom advisories. Until then changes wait. `database_changed` is called on the store's threads.
  Result<void> begin(store::Store& store, std::function<void()> database_changed);
  // From now on changes mean nothing.
  void end();

  // Where the store cannot be read these fail, and what was in memory stays as it was.
  Result<void> changed(const store::Change& change) override;
  Result<void> reload() override;
  void connected(bool yes) override;

 private:
  Result<void> read_all();
  Result<std::optional<v1::Overlay::Entry>> now_of(const store::Change& change);
  Result<void> take(const store::Change& change);

  std::mutex mutex_;
  v1::Catalogue& catalogue_;
  v1::ReportCache& cache_;
  store::Store* store_ = nullptr;
  std::function<void()> database_changed_;
};

}  // namespace limpid::service
