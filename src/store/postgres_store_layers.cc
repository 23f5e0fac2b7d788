// Layers, their features and inventories, and who holds what.
#include <map>

#include "base/bytes.h"
#include "store/arguments.h"
#include "store/postgres_store.h"

namespace limpid::store::postgres {
namespace {

// PostgreSQL takes up to 1 GiB in a value; nothing comes near.
constexpr std::size_t kInventoryMax = std::size_t{512} << 20;

Layer layer_of(const Rows& rows, std::size_t row) {
  Layer layer;
  layer.id = rows.integer(row, 0);
  layer.name = rows.text(row, 1);
  layer.parent_id = rows.integer(row, 2);
  layer.parent = rows.text(row, 3);
  layer.name_space = rows.text(row, 4);
  layer.engine = static_cast<int>(rows.integer(row, 5));
  layer.diff_id = rows.digest(row, 6);
  return layer;
}

// From column 1 on.
Feature feature_of(const Rows& rows, std::size_t row) {
  return {rows.text(row, 1),
          rows.text(row, 2),
          rows.text(row, 3),
          rows.text(row, 4),
          static_cast<version::Scheme>(rows.integer(row, 5)),
          rows.text(row, 6)};
}

// The hash under which a feature is found: of all its parts, with their lengths, so that none runs into the next.
std::string key_of(const Feature& feature) {
  std::string parts;
  for (const std::string* part :
       {&feature.name_space, &feature.name, &feature.version, &feature.origin, &feature.module})
    base::append(parts, {part->size(), ":", *part});
  base::append(parts, {static_cast<int>(feature.scheme)});
  return raw_digest(base::sha256(base::as_bytes(parts)));
}

// What a layer adds and removes, each feature once, in the order of the keys: in that order all writers make features,
// so that none waits for another that waits for it.
class Diff {
 public:
  explicit Diff(const NewLayer& layer) {
    for (const Feature& feature : layer.removed) take(feature, false);
    for (const Feature& feature : layer.added) take(feature, true);
  }

  // Namespaces and features where they are new, then the layer's rows. All of it in the batch that ends the
  // transaction, so that a node that hangs in the middle keeps nobody waiting who makes the same features.
  void add_to(Batch& batch, LayerId layer) const {
    if (features_.empty()) return;
    std::vector<std::string_view> spaces, names, versions, origins, modules, of_space;
    std::vector<std::int64_t> space_schemes, schemes;
    std::vector<Blob> keys;
    const auto added = std::make_unique<bool[]>(features_.size());
    for (const auto& [name, scheme] : spaces_) {
      spaces.push_back(name);
      space_schemes.push_back(static_cast<int>(scheme));
    }
    for (const auto& [key, one] : features_) {
      added[keys.size()] = one.added;
      keys.push_back({key});
      of_space.push_back(one.feature->name_space);
      names.push_back(one.feature->name);
      versions.push_back(one.feature->version);
      origins.push_back(one.feature->origin);
      modules.push_back(one.feature->module);
      schemes.push_back(static_cast<int>(one.feature->scheme));
    }
    const std::span<const Blob> all_keys(keys);
    batch.add(Sql::insert_namespaces, views(spaces), numbers(space_schemes));
    batch.add(Sql::insert_features, all_keys, views(of_space), views(names), views(versions), views(origins),
              numbers(schemes), views(modules));
    batch.add(Sql::insert_layer_features, layer, all_keys, std::span<const bool>(added.get(), features_.size()));
  }

 private:
  struct One {
    const Feature* feature;
    bool added;
  };

  static std::span<const std::string_view> views(const std::vector<std::string_view>& all) { return all; }
  static std::span<const std::int64_t> numbers(const std::vector<std::int64_t>& all) { return all; }

  void take(const Feature& feature, bool added) {
    spaces_.emplace(feature.name_space, feature.scheme);
    features_[key_of(feature)] = {&feature, added};
  }

  std::map<std::string_view, version::Scheme> spaces_;
  std::map<std::string, One> features_;
};

Change change_of_layers() {
  Change change;
  change.kind = Change::Kind::layers;
  return change;
}

// Nothing if somebody else made a layer of that name first.
Result<std::optional<PutLayer>> make_layer(Connection& connection, const NewLayer& layer, const Diff& diff) {
  const std::string digest = raw_digest(layer.diff_id);
  const std::optional<std::int64_t> parent = layer.parent_id == 0 ? std::nullopt : std::optional(layer.parent_id);
  Batch begin(connection);
  begin.add(Sql::begin).add(Sql::insert_layer, layer.name, parent, layer.name_space, layer.engine, Blob{digest});
  Result<std::vector<Rows>> begun = begin.run();
  if (!begun) {
    if (begun.error().code() != Code::not_found) return std::unexpected(std::move(begun).error());
    connection.forget_error();  // nobody's fault: another attempt would find the same
    return fail(Code::not_found, {"layer ", layer.name, ": its parent is gone"});
  }
  if ((*begun)[1].empty()) return std::nullopt;
  Batch rest(connection);
  diff.add_to(rest, (*begun)[1].integer(0, 0));
  LIMPID_TRY(rest.add(Sql::commit).run());
  return PutLayer::created;
}

// Begins to replace a layer; false if it has changed or gone meanwhile. `rest` is to end the transaction.
Result<bool> begin_to_replace(Connection& connection, LayerId id, const NewLayer& layer, const Diff& diff,
                              Batch& rest) {
  const std::string digest = raw_digest(layer.diff_id);
  Batch begin(connection);
  begin.add(Sql::begin).add(Sql::replace_layer, id, layer.name_space, layer.engine, Blob{digest});
  LIMPID_ASSIGN(const std::vector<Rows> begun, begin.run());
  if (begun[1].empty()) return false;
  // The counter before the features, as in put_advisory(): locks are taken in one order everywhere.
  rest.add(Sql::lock_counter).add(Sql::delete_layer_features, id);
  diff.add_to(rest, id);
  return true;
}

}  // namespace

Result<std::optional<Layer>> PostgresStore::find_layer(std::string_view name) {
  return read("find_layer", [&](Connection& connection) -> Result<std::optional<Layer>> {
    LIMPID_TRY(check_name("name of a layer", name));
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::find_layer, name));
    if (rows.empty()) return std::nullopt;
    return layer_of(rows, 0);
  });
}

Result<std::vector<Layer>> PostgresStore::ancestry(LayerId layer) {
  return read("ancestry", [&](Connection& connection) -> Result<std::vector<Layer>> {
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::ancestry, layer));
    if (rows.empty()) return fail(Code::not_found, {"layer ", layer, " is gone"});
    std::vector<Layer> chain;
    for (std::size_t row = 0; row < rows.size(); ++row) chain.push_back(layer_of(rows, row));
    return chain;
  });
}

Result<std::vector<HeldFeature>> PostgresStore::features(LayerId layer) {
  return read("features", [&](Connection& connection) -> Result<std::vector<HeldFeature>> {
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::features, layer));
    std::vector<HeldFeature> held;
    held.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
      held.push_back({rows.integer(row, 0), feature_of(rows, row), rows.text(row, 7)});
    return held;
  });
}

Result<PutLayer> PostgresStore::put_layer(const NewLayer& layer) {
  return write("put_layer", [&](Connection& connection, std::optional<Made>& made) -> Result<PutLayer> {
    LIMPID_TRY(check_layer(layer));
    std::optional<Diff> diff;  // made when it is needed: most layers are known already
    for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
      LIMPID_ASSIGN(const Rows known, connection.run(Sql::layer_engine, layer.name));
      if (!known.empty() && known.integer(0, 1) >= layer.engine) return PutLayer::existed;
      if (!diff) diff.emplace(layer);
      if (known.empty()) {
        LIMPID_ASSIGN(const std::optional<PutLayer> put, make_layer(connection, layer, *diff));
        if (put) return *put;
      } else {
        Batch rest(connection);
        LIMPID_ASSIGN(const bool begun, begin_to_replace(connection, known.integer(0, 0), layer, *diff, rest));
        if (begun) {
          LIMPID_ASSIGN(made, commit_change(rest, change_of_layers()));
          return PutLayer::replaced;
        }
      }
      connection.roll_back();
    }
    return fail(Code::mismatch, {"layer ", layer.name, ": others make and delete it all the time"});
  });
}

Result<bool> PostgresStore::delete_layer(std::string_view name) {
  return write("delete_layer", [&](Connection& connection, std::optional<Made>& made) -> Result<bool> {
    LIMPID_TRY(check_name("name of a layer", name));
    Batch begin(connection);
    begin.add(Sql::begin).add(Sql::lock_descendants, name);
    LIMPID_ASSIGN(const std::vector<Rows> begun, begin.run());
    if (begun[1].empty()) {
      connection.roll_back();
      return false;
    }
    // Again, for the children that were being made while their parents' locks were waited for. Should one of those
    // have got a child in turn, the foreign key stops us, and all of it is begun again.
    Batch rest(connection);
    rest.add(Sql::lock_descendants, name).add(Sql::lock_counter);
    rest.add(Sql::delete_features_of_descendants, name).add(Sql::delete_descendants, name);
    LIMPID_ASSIGN(made, commit_change(rest, change_of_layers()));
    return true;
  });
}

Result<std::optional<std::string>> PostgresStore::inventory(const Digest& diff_id, std::uint64_t detector_set) {
  return read("inventory", [&](Connection& connection) -> Result<std::optional<std::string>> {
    const std::string diff = raw_digest(diff_id);
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::inventory, Blob{diff}, detector_set));
    if (rows.empty()) return std::nullopt;
    return rows.text(0, 0);
  });
}

Result<void> PostgresStore::put_inventory(const Digest& diff_id, std::uint64_t detector_set, std::string_view bytes) {
  return write("put_inventory", [&](Connection& connection, std::optional<Made>&) -> Result<void> {
    if (bytes.size() > kInventoryMax)
      return fail(Code::limit, {"inventory: ", bytes.size(), " bytes, at most ", kInventoryMax, " can be kept"});
    const std::string diff = raw_digest(diff_id);
    LIMPID_TRY(connection.run(Sql::put_inventory, Blob{diff}, detector_set, Blob{bytes}));
    return {};
  });
}

Result<std::vector<KnownFeature>> PostgresStore::versions_of(std::string_view name_space, std::string_view package) {
  return read("versions_of", [&](Connection& connection) -> Result<std::vector<KnownFeature>> {
    LIMPID_TRY(check_name("namespace", name_space));
    LIMPID_TRY(check_name("package", package));
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::versions_of, name_space, package));
    std::vector<KnownFeature> known;
    for (std::size_t row = 0; row < rows.size(); ++row) known.push_back({rows.integer(row, 0), feature_of(rows, row)});
    return known;
  });
}

Result<LayerPage> PostgresStore::layers_introducing(std::span<const FeatureId> features, LayerId from,
                                                    std::size_t limit) {
  return read("layers_introducing", [&](Connection& connection) -> Result<LayerPage> {
    LayerPage page;
    if (limit == 0 || features.empty()) return page;
    LIMPID_ASSIGN(const Rows rows,
                  connection.run(Sql::layers_introducing, features, from, std::min<std::uint64_t>(limit, INT64_MAX)));
    for (std::size_t row = 0; row < rows.size(); ++row) page.push_back({rows.integer(row, 0), rows.text(row, 1)});
    return page;
  });
}

Result<std::vector<Namespace>> PostgresStore::namespaces() {
  return read("namespaces", [&](Connection& connection) -> Result<std::vector<Namespace>> {
    LIMPID_ASSIGN(const Rows rows, connection.run(Sql::namespaces));
    std::vector<Namespace> all;
    for (std::size_t row = 0; row < rows.size(); ++row)
      all.push_back({rows.text(row, 0), static_cast<version::Scheme>(rows.integer(row, 1))});
    return all;
  });
}

}  // namespace limpid::store::postgres
