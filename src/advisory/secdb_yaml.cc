// secdb documents in YAML.
#include <string_view>

#include "advisory/secdb.h"
#include "advisory/yaml_events.h"

namespace limpid::advisory {
namespace {

// Turns scalars into the secdb by where they stand: the keys that lead to them.
class SecdbBuilder {
 public:
  Result<void> add(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_MAPPING_START_EVENT:
      case YAML_SEQUENCE_START_EVENT:
        return open(event.type == YAML_MAPPING_START_EVENT);
      case YAML_MAPPING_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
        levels_.pop_back();
        value_done();
        return {};
      case YAML_SCALAR_EVENT:
        return scalar(base::as_text({event.data.scalar.value, event.data.scalar.length}),
                      event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
      case YAML_ALIAS_EVENT:
        return fail(Code::unsupported, {"YAML aliases"});
      default:
        return {};
    }
  }
  Result<Secdb> finish() {
    if (!has_packages_) return fail(Code::invalid, {"secdb: the document has no \"packages\""});
    return std::move(secdb_);
  }

 private:
  struct Level {
    bool mapping = false;
    bool expects_key = false;
    std::string key;
  };

  Result<void> open(bool mapping) {
    if (levels_.empty() && !mapping) return fail(Code::invalid, {"secdb: the document is no mapping"});
    if (!levels_.empty() && levels_.back().expects_key) return fail(Code::invalid, {"a key that is no text"});
    if (levels_.size() == kYamlDepthMax) return fail(Code::limit, {"YAML nests deeper than ", kYamlDepthMax});
    if (at({"packages"}, 2) && mapping) secdb_.packages.emplace_back();
    levels_.push_back({.mapping = mapping, .expects_key = mapping, .key = {}});
    return {};
  }

  // Whether the levels are mapping(keys[0]) → sequence → mapping(keys[1]) → …, `depth` levels in all.
  bool at(std::initializer_list<std::string_view> keys, std::size_t depth) const {
    if (levels_.size() != depth) return false;
    std::size_t level = 0;
    for (const auto key : keys) {
      if (level == 1) ++level;  // the sequence below "packages"
      if (level >= depth || !levels_[level].mapping || (!key.empty() && levels_[level].key != key)) return false;
      ++level;
    }
    return depth < 2 || !levels_[1].mapping;
  }

  Result<void> scalar(std::string_view text, bool plain) {
    if (levels_.empty()) return fail(Code::invalid, {"secdb: the document is no mapping"});
    auto& level = levels_.back();
    if (level.expects_key) {
      level.key = text;
      level.expects_key = false;
      key_read();
      return {};
    }
    const bool null = plain && (text.empty() || text == "~" || text == "null");
    if (!null) value(text);
    value_done();
    return {};
  }

  void key_read() {
    if (levels_.size() == 1 && levels_[0].key == "packages") has_packages_ = true;
    if (at({"packages", "pkg", "secfixes", ""}, 5) && !secdb_.packages.empty()) {
      secdb_.packages.back().fixes.push_back({.version = levels_.back().key, .ids = {}});
    }
  }

  void value(std::string_view text) {
    if (levels_.size() == 1) {
      if (levels_[0].key == "distroversion") secdb_.distroversion = text;
      if (levels_[0].key == "reponame") secdb_.reponame = text;
      if (levels_[0].key == "urlprefix") secdb_.urlprefix = text;
    } else if (secdb_.packages.empty()) {
      return;
    } else if (at({"packages", "pkg", "name"}, 4)) {
      secdb_.packages.back().name = text;
    } else if (auto& fixes = secdb_.packages.back().fixes;
               !fixes.empty() && (at({"packages", "pkg", "secfixes", ""}, 5) ||
                                  (levels_.size() == 6 && !levels_[5].mapping && in_secfixes()))) {
      fixes.back().ids.emplace_back(text);
    }
  }
  bool in_secfixes() const {
    return levels_[0].key == "packages" && levels_[2].key == "pkg" && levels_[3].key == "secfixes" &&
           levels_[4].mapping;
  }

  void value_done() {
    if (!levels_.empty() && levels_.back().mapping) levels_.back().expects_key = true;
  }

  Secdb secdb_;
  std::vector<Level> levels_;
  bool has_packages_ = false;
};

}  // namespace

Result<Secdb> parse_secdb_yaml(const std::string& text) {
  YamlEvents events(text);
  SecdbBuilder builder;
  for (;;) {
    LIMPID_ASSIGN(const auto* event, events.next());
    // Only the first document counts: upstream writes one.
    if (event->type == YAML_STREAM_END_EVENT || event->type == YAML_DOCUMENT_END_EVENT) break;
    LIMPID_TRY_WITHIN(builder.add(*event), {"line ", events.line()});
  }
  LIMPID_ASSIGN(auto secdb, builder.finish());
  for (const auto& package : secdb.packages) {
    if (package.name.empty()) return fail(Code::invalid, {"secdb: a package without a name"});
  }
  return secdb;
}

}  // namespace limpid::advisory
