#include "store/conformance.h"

namespace limpid::store::conformance {
namespace {

class Folder final : public Place {
 public:
  explicit Folder(base::TemporaryDirectory folder) : folder_(std::move(folder)) {}
  Result<std::unique_ptr<Store>> open(ChangeListener* listener, Observer observer) override {
    StoreOptions options;
    options.url = "sqlite:" + folder_.path() + "/below/store";
    options.listener = listener;
    options.observer = std::move(observer);
    return open_store(options);
  }

 private:
  base::TemporaryDirectory folder_;
};

Result<std::unique_ptr<Place>> make_place() {
  LIMPID_ASSIGN(base::TemporaryDirectory folder, base::TemporaryDirectory::make("limpid-sqlite-"));
  return std::make_unique<Folder>(std::move(folder));
}

INSTANTIATE_TEST_SUITE_P(Sqlite, Conformance, testing::Values(Engine{"sqlite", false, make_place}));

}  // namespace
}  // namespace limpid::store::conformance
