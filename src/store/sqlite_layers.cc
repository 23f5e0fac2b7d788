// Layers, their features, inventories, and who holds what.
#include <algorithm>
#include <map>
#include <set>

#include "store/arguments.h"
#include "store/sqlite_store.h"

namespace limpid::store::sqlite {
namespace {

Layer layer_of(const Statement& row) {
  Layer layer;
  layer.id = row.integer(0);
  layer.name = row.text(1);
  layer.parent_id = row.integer(2);  // NULL is 0
  layer.parent = row.text(3);
  layer.name_space = row.text(4);
  layer.engine = static_cast<int>(row.integer(5));
  layer.diff_id = row.digest(6);
  return layer;
}

// From the columns after the feature's number.
Feature feature_of(const Statement& row) {
  return {row.text(1), row.text(2), row.text(3), row.text(4), static_cast<version::Scheme>(row.integer(5)),
          row.text(6)};
}

// Finds or makes features, within one transaction. Namespaces are few and asked for once.
class Features {
 public:
  explicit Features(Connection& connection) : connection_(connection) {}

  Result<FeatureId> id_of(const Feature& feature) {
    LIMPID_ASSIGN(const std::int64_t name_space, namespace_of(feature));
    const int scheme = static_cast<int>(feature.scheme);
    {
      LIMPID_ASSIGN(Statement found, connection_.query(Sql::find_feature, name_space, feature.name, feature.version,
                                                       feature.origin, scheme, feature.module));
      LIMPID_ASSIGN(const bool is_there, found.step());
      if (is_there) return found.integer(0);
    }
    LIMPID_TRY(connection_.run(Sql::insert_feature, name_space, feature.name, feature.version, feature.origin, scheme,
                               feature.module));
    return connection_.last_row();
  }

 private:
  Result<std::int64_t> namespace_of(const Feature& feature) {
    const auto known = namespaces_.find(feature.name_space);
    if (known != namespaces_.end()) return known->second;
    LIMPID_ASSIGN(const std::int64_t id, namespace_id(connection_, feature.name_space, feature.scheme));
    namespaces_.emplace(feature.name_space, id);
    return id;
  }

  Connection& connection_;
  std::map<std::string_view, std::int64_t> namespaces_;  // views of the caller's features
};

Result<void> insert_diff(Connection& connection, LayerId id, const NewLayer& layer) {
  Features features(connection);
  std::map<FeatureId, bool> added;  // in the order in which the rows lie
  for (const Feature& feature : layer.removed) {
    LIMPID_ASSIGN(const FeatureId feature_id, features.id_of(feature));
    added[feature_id] = false;
  }
  for (const Feature& feature : layer.added) {
    LIMPID_ASSIGN(const FeatureId feature_id, features.id_of(feature));
    added[feature_id] = true;
  }
  for (const auto& [feature_id, is_added] : added)
    LIMPID_TRY(connection.run(Sql::insert_layer_feature, id, feature_id, is_added ? 1 : 0));
  return {};
}

Result<PutLayer> make_layer(Connection& connection, const NewLayer& layer) {
  const std::string diff = raw_digest(layer.diff_id);
  if (layer.parent_id != 0) {
    LIMPID_ASSIGN(Statement parent, connection.query(Sql::layer_exists, layer.parent_id));
    LIMPID_ASSIGN(const bool is_there, parent.step());
    if (!is_there) return fail(Code::not_found, {"layer ", layer.name, ": its parent is gone"});
    LIMPID_TRY(
        connection.run(Sql::insert_layer, layer.name, layer.parent_id, layer.name_space, layer.engine, Blob{diff}));
  } else {
    LIMPID_TRY(connection.run(Sql::insert_layer, layer.name, nullptr, layer.name_space, layer.engine, Blob{diff}));
  }
  LIMPID_TRY(insert_diff(connection, connection.last_row(), layer));
  return PutLayer::created;
}

Result<PutLayer> replace_layer(Connection& connection, LayerId id, const NewLayer& layer) {
  const std::string diff = raw_digest(layer.diff_id);
  LIMPID_TRY(connection.run(Sql::delete_layer_features, id));
  LIMPID_TRY(connection.run(Sql::update_layer, id, layer.name_space, layer.engine, Blob{diff}));
  LIMPID_TRY(insert_diff(connection, id, layer));
  return PutLayer::replaced;
}

// The layer's number and engine.
Result<std::optional<std::pair<LayerId, int>>> engine_of(Connection& connection, std::string_view name) {
  LIMPID_ASSIGN(Statement found, connection.query(Sql::layer_engine, name));
  LIMPID_ASSIGN(const bool is_there, found.step());
  if (!is_there) return std::nullopt;
  return std::pair{found.integer(0), static_cast<int>(found.integer(1))};
}

Change change_of_layers() {
  Change change;
  change.kind = Change::Kind::layers;
  return change;
}

// Adds the layers that add `feature` to the `limit` lowest in `lowest`, which ascend. What lies above these is not even
// looked at.
Result<void> merge_layers(Connection& connection, FeatureId feature, LayerId from, std::size_t limit,
                          std::vector<LayerId>& lowest) {
  const LayerId to = lowest.size() < limit ? INT64_MAX : lowest.back();
  const auto rows_max = static_cast<std::int64_t>(std::min<std::size_t>(limit, INT64_MAX));
  LIMPID_ASSIGN(Statement rows, connection.query(Sql::layers_of_feature, feature, from, to, rows_max));
  const std::size_t before = lowest.size();
  for (;;) {
    LIMPID_ASSIGN(const bool more, rows.step());
    if (!more) break;
    lowest.push_back(rows.integer(0));
  }
  std::inplace_merge(lowest.begin(), lowest.begin() + static_cast<std::ptrdiff_t>(before), lowest.end());
  lowest.erase(std::ranges::unique(lowest).begin(), lowest.end());
  if (lowest.size() > limit) lowest.resize(limit);
  return {};
}

Result<LayerPage> page_of(Connection& connection, std::span<const FeatureId> features, LayerId from,
                          std::size_t limit) {
  std::vector<LayerId> lowest;
  for (const FeatureId feature : std::set<FeatureId>(features.begin(), features.end()))
    LIMPID_TRY(merge_layers(connection, feature, from, limit, lowest));
  LayerPage page;
  for (const LayerId id : lowest) {
    LIMPID_ASSIGN(Statement row, connection.query(Sql::layer_name, id));
    LIMPID_ASSIGN(const bool is_there, row.step());
    if (is_there) page.push_back({id, row.text(0)});
  }
  return page;
}

}  // namespace

Result<std::optional<Layer>> SqliteStore::find_layer(std::string_view name) {
  return read("find_layer", [&](Connection& connection) -> Result<std::optional<Layer>> {
    LIMPID_TRY(check_name("name of a layer", name));
    LIMPID_ASSIGN(Statement row, connection.query(Sql::find_layer, name));
    LIMPID_ASSIGN(const bool is_there, row.step());
    if (!is_there) return std::nullopt;
    return layer_of(row);
  });
}

Result<std::vector<Layer>> SqliteStore::ancestry(LayerId layer) {
  return read("ancestry", [&](Connection& connection) -> Result<std::vector<Layer>> {
    LIMPID_ASSIGN(Statement rows, connection.query(Sql::ancestry, layer));
    std::vector<Layer> chain;
    for (;;) {
      LIMPID_ASSIGN(const bool more, rows.step());
      if (!more) break;
      chain.push_back(layer_of(rows));
    }
    if (chain.empty()) return fail(Code::not_found, {"layer ", layer, " is gone"});
    return chain;
  });
}

Result<std::vector<HeldFeature>> SqliteStore::features(LayerId layer) {
  return read("features", [&](Connection& connection) -> Result<std::vector<HeldFeature>> {
    LIMPID_ASSIGN(Statement rows, connection.query(Sql::features, layer));
    std::vector<HeldFeature> held;
    for (;;) {
      LIMPID_ASSIGN(const bool more, rows.step());
      if (!more) return held;
      held.push_back({rows.integer(0), feature_of(rows), rows.text(7)});
    }
  });
}

Result<PutLayer> SqliteStore::put_layer(const NewLayer& layer) {
  return write("put_layer", [&](Connection& connection, std::optional<Change>& change) -> Result<PutLayer> {
    LIMPID_TRY(check_layer(layer));
    LIMPID_ASSIGN(const auto known, engine_of(connection, layer.name));
    if (!known) return make_layer(connection, layer);
    const auto& [id, engine] = *known;
    if (engine >= layer.engine) return PutLayer::existed;
    change = change_of_layers();
    return replace_layer(connection, id, layer);
  });
}

Result<bool> SqliteStore::delete_layer(std::string_view name) {
  return write("delete_layer", [&](Connection& connection, std::optional<Change>& change) -> Result<bool> {
    LIMPID_TRY(check_name("name of a layer", name));
    LIMPID_ASSIGN(const auto known, engine_of(connection, name));
    if (!known) return false;
    // SQLite's own cascades end at a depth of 1,000.
    LIMPID_TRY(connection.run(Sql::delete_features_of_descendants, known->first));
    LIMPID_TRY(connection.run(Sql::delete_descendants, known->first));
    change = change_of_layers();
    return true;
  });
}

Result<std::optional<std::string>> SqliteStore::inventory(const Digest& diff_id, std::uint64_t detector_set) {
  return read("inventory", [&](Connection& connection) -> Result<std::optional<std::string>> {
    LIMPID_ASSIGN(Statement row, connection.query(Sql::inventory, Blob{raw_digest(diff_id)}, detector_set));
    LIMPID_ASSIGN(const bool is_there, row.step());
    if (!is_there) return std::nullopt;
    return row.text(0);
  });
}

Result<void> SqliteStore::put_inventory(const Digest& diff_id, std::uint64_t detector_set, std::string_view bytes) {
  return write("put_inventory", [&](Connection& connection, std::optional<Change>&) -> Result<void> {
    LIMPID_TRY(connection.run(Sql::put_inventory, Blob{raw_digest(diff_id)}, detector_set, Blob{bytes}));
    return {};
  });
}

Result<std::vector<KnownFeature>> SqliteStore::versions_of(std::string_view name_space, std::string_view package) {
  return read("versions_of", [&](Connection& connection) -> Result<std::vector<KnownFeature>> {
    LIMPID_TRY(check_name("namespace", name_space));
    LIMPID_TRY(check_name("package", package));
    LIMPID_ASSIGN(Statement rows, connection.query(Sql::versions_of, name_space, package));
    std::vector<KnownFeature> known;
    for (;;) {
      LIMPID_ASSIGN(const bool more, rows.step());
      if (!more) return known;
      known.push_back({rows.integer(0), feature_of(rows)});
    }
  });
}

Result<LayerPage> SqliteStore::layers_introducing(std::span<const FeatureId> features, LayerId from,
                                                  std::size_t limit) {
  return read("layers_introducing", [&](Connection& connection) -> Result<LayerPage> {
    if (limit == 0) return LayerPage();
    LIMPID_TRY(connection.run(Sql::begin_read));  // all of its statements see the same state
    Result<LayerPage> page = page_of(connection, features, from, limit);
    connection.roll_back();
    return page;
  });
}

Result<std::vector<Namespace>> SqliteStore::namespaces() {
  return read("namespaces", [&](Connection& connection) -> Result<std::vector<Namespace>> {
    LIMPID_ASSIGN(Statement rows, connection.query(Sql::namespaces));
    std::vector<Namespace> all;
    for (;;) {
      LIMPID_ASSIGN(const bool more, rows.step());
      if (!more) return all;
      all.push_back({rows.text(0), static_cast<version::Scheme>(rows.integer(1))});
    }
  });
}

}  // namespace limpid::store::sqlite
