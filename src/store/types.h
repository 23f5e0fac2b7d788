// What a service remembers, as plain data. No engine's words: SQLite and PostgreSQL keep the same things.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/digest.h"
#include "version/types.h"

namespace limpid::store {

// Row numbers, ascending in the order in which rows were made. Never reused.
using LayerId = std::int64_t;
using FeatureId = std::int64_t;
// Position in the log of changes: 1, 2, 3, … without a gap, in the order in which they were committed.
using ChangeNumber = std::int64_t;
// Seconds since 1970; 0 where something has not happened.
using Seconds = std::int64_t;

// A version of a package in a namespace: what Clair v1 calls a feature.
struct Feature {
  std::string name_space;  // "debian:12"
  std::string name;        // as v1 shows it: the source package for dpkg, the binary package for apk and rpm
  std::string version;
  std::string origin;  // what advisories name instead, where it differs from `name` (apk's origin); else ""
  version::Scheme scheme = version::Scheme::none;
  std::string module = {};  // as inventory::Package has it (rpm "nodejs:18", Gentoo a slot); v1 does not show it
  auto operator<=>(const Feature&) const = default;
};

struct Layer {
  LayerId id = 0;
  std::string name;
  std::string parent;  // the parent's name, "" for none
  LayerId parent_id = 0;
  std::string name_space;  // "" if unknown
  int engine = 0;          // the version of the indexer that made it
  Digest diff_id;          // of the inventory that it was made from; empty if it has none
};

struct NewLayer {
  std::string name;
  LayerId parent_id = 0;  // 0: none
  std::string name_space;
  int engine = 0;
  Digest diff_id;
  std::vector<Feature> added;    // against the parent
  std::vector<Feature> removed;  // against the parent
};

// A feature of a layer or its ancestors, after all additions and removals.
struct HeldFeature {
  FeatureId id = 0;
  Feature feature;
  std::string added_by;  // name of the layer: the topmost one that added it
};

struct LayerName {
  LayerId id = 0;
  std::string name;
};

// A layer of one page of a notification: see Store::layers_introducing().
using LayerPage = std::vector<LayerName>;

struct KnownFeature {
  FeatureId id = 0;
  Feature feature;
};

struct Namespace {
  std::string name;
  version::Scheme scheme = version::Scheme::none;
};

// An advisory that came through the API, or the tombstone of a compiled one. It shadows what the compiled database says
// under (name_space, name).
struct CustomAdvisory {
  std::string name_space, name;
  bool deleted = false;       // a tombstone: the compiled advisory of that name is not to be seen
  std::string document;       // the service's own JSON; "" for a tombstone
  std::int64_t revision = 0;  // 0: not stored yet; grows with each change
  // Whatever the writer wants to say to the listener of its own node: it comes back in Change::written, and is not
  // stored.
  std::shared_ptr<const void> aside = nullptr;
};

struct NewNotification {
  std::string name;  // a UUID
  Seconds created = 0;
  std::string old_revision, new_revision;  // the service's own JSON; "" where there is none
};

struct Notification {
  std::string name;
  Seconds created = 0, notified = 0, deleted = 0;
  std::string old_revision, new_revision;
};

// A compiled database that the nodes shall use.
struct DatabaseRecord {
  std::int64_t generation = 0;  // 1, 2, 3, …
  std::string sha256;           // hex, of the file
  std::uint64_t size = 0;
  Seconds created = 0;
};

// What became of one feed's last updates.
struct FeedState {
  std::string name;
  Seconds last_attempt = 0, last_success = 0, last_change = 0;
  std::string problem;  // of the last attempt, "" if it went well
  std::uint64_t records = 0, statements = 0;
  std::string as_of;  // the newest date that the feed's data states
};

// What happened to what nodes keep in memory.
struct Change {
  enum class Kind : std::uint8_t {
    advisory = 1,  // the custom advisory (name_space, name) was written or removed
    layers = 2,    // layers were deleted or replaced: what is remembered of any layer's name may be wrong
    database = 3,  // the nodes shall use another compiled database
  };
  ChangeNumber number = 0;
  Kind kind = Kind::advisory;
  std::string name_space, name;  // of an advisory
  // The advisory itself where this store has just written it, so that nobody need read it back; its revision is
  // `number`. nullptr: read it.
  std::shared_ptr<const CustomAdvisory> written = nullptr;
  bool removed = false;  // likewise: this store has just removed it
};

}  // namespace limpid::store
