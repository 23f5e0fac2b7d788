#include "advisory/oval.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

#include "advisory/documents.h"
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/xml.h"

namespace limpid::advisory {
namespace {

// Of one definition. SUSE's kernels have some 10,000.
constexpr std::size_t kOvalNodesMax = 300'000;
// Of one file, tests, objects and states together.
constexpr std::size_t kOvalFactsMax = 8'000'000;
// Of a file inside an archive, which is held in memory to be read twice.
constexpr std::uint64_t kOvalInArchiveMax = std::uint64_t{64} << 20;

// The ids of a file are told apart by their hashes, since there are a million of them.
using Id = std::uint64_t;
Id id_of(std::string_view text) { return text.empty() ? 0 : std::hash<std::string_view>{}(text); }

// Texts, once each, by number; 0 is "".
class Texts {
 public:
  Texts() : texts_(1) {}
  std::uint32_t keep(std::string_view text) {
    if (text.empty()) return 0;
    const auto known = numbers_.find(text);
    if (known != numbers_.end()) return known->second;
    const auto number = static_cast<std::uint32_t>(texts_.size());
    numbers_.emplace(texts_.emplace_back(text), number);
    return number;
  }
  std::string_view operator[](std::uint32_t number) const { return texts_[number]; }

 private:
  std::deque<std::string> texts_;
  std::unordered_map<std::string_view, std::uint32_t> numbers_;
};

struct State {
  std::uint32_t operation = 0, evr = 0, version = 0, architectures = 0;
  bool is_signature = false;
};
struct Test {
  Id object = 0, state = 0;
};
struct Facts {
  Texts texts;
  std::unordered_map<Id, Test> tests;
  std::unordered_map<Id, std::uint32_t> objects;  // names
  std::unordered_map<Id, State> states;

  std::size_t size() const { return tests.size() + objects.size() + states.size(); }

  OvalTest resolve(std::string_view test_ref) const {
    OvalTest resolved;
    const auto test = tests.find(id_of(test_ref));
    if (test == tests.end()) return resolved;
    resolved.is_known = true;
    if (const auto object = objects.find(test->second.object); object != objects.end()) {
      resolved.object = texts[object->second];
    }
    if (const auto state = states.find(test->second.state); state != states.end()) {
      resolved.operation = texts[state->second.operation];
      resolved.evr = texts[state->second.evr];
      resolved.version = texts[state->second.version];
      resolved.architectures = texts[state->second.architectures];
      resolved.is_signature = state->second.is_signature;
    }
    return resolved;
  }
};

// First reading: tests, objects, states.
class FactsHandler final : public XmlHandler {
 public:
  explicit FactsHandler(Facts& facts) : facts_(facts) {}

  Result<void> start(std::string_view name, const XmlAttributes& attributes) override {
    if (!std::exchange(began_, true) && name != "oval_definitions")
      return fail(Code::invalid, {"no OVAL definitions: <", name, ">"});
    if (name.ends_with("_test")) {
      test_ = id_of(attributes["id"]);
      facts_.tests.try_emplace(test_);
    } else if (name.ends_with("_object")) {
      object_ = name == "rpminfo_object" ? id_of(attributes["id"]) : 0;
    } else if (name.ends_with("_state")) {
      state_ = id_of(attributes["id"]);
      facts_.states.try_emplace(state_);
    } else if (name == "object" && test_ != 0) {
      facts_.tests[test_].object = id_of(attributes["object_ref"]);
    } else if (name == "state" && test_ != 0) {
      // Of several states the first counts; which package it is, and which version, stand in one.
      auto& state = facts_.tests[test_].state;
      if (state == 0) state = id_of(attributes["state_ref"]);
    } else if (name == "evr" && state_ != 0) {
      operation_ = attributes["operation"];
    }
    if (facts_.size() > kOvalFactsMax) return fail(Code::limit, {"more than ", kOvalFactsMax, " tests and states"});
    return {};
  }

  Result<void> end(std::string_view name, std::string_view text) override {
    text = base::trim(text);
    if (name.ends_with("_test")) {
      test_ = 0;
    } else if (name.ends_with("_object")) {
      object_ = 0;
    } else if (name.ends_with("_state")) {
      state_ = 0;
    } else if (object_ != 0 && name == "name") {
      facts_.objects[object_] = facts_.texts.keep(text);
    } else if (state_ != 0) {
      end_of_state_member(name, text);
    }
    return {};
  }

 private:
  void end_of_state_member(std::string_view name, std::string_view text) {
    auto& state = facts_.states[state_];
    if (name == "evr") {
      state.operation = facts_.texts.keep(operation_);
      state.evr = facts_.texts.keep(text);
    } else if (name == "version") {
      state.version = facts_.texts.keep(text);
    } else if (name == "arch") {
      state.architectures = facts_.texts.keep(text);
    } else if (name == "signature_keyid") {
      state.is_signature = true;
    }
  }

  Facts& facts_;
  bool began_ = false;
  Id test_ = 0, object_ = 0, state_ = 0;
  std::string operation_;
};

// Second reading: the definitions, one at a time.
class DefinitionsHandler final : public XmlHandler {
 public:
  DefinitionsHandler(const Facts& facts, const Sink& sink, const OvalVisitor& visit)
      : facts_(facts), sink_(sink), visit_(visit) {}

  Result<void> start(std::string_view name, const XmlAttributes& attributes) override {
    if (name == "definition") {
      if (sink_.is_cancelled()) return cancelled();
      definition_.emplace();
      definition_->id = attributes["id"];
      definition_->kind = attributes["class"];
      comments_.clear();
      nodes_ = 0;
    }
    if (!definition_) return {};
    if (name == "reference") {
      definition_->reference_ids.emplace_back(attributes["ref_id"]);
      definition_->references.emplace_back(attributes["ref_url"]);
    } else if (name == "issued") {
      definition_->issued = attributes["date"];
    } else if (name == "updated") {
      definition_->updated = attributes["date"];
    } else if (name == "resolution") {
      resolution_ = attributes["state"];
    } else if (name == "cve") {
      OvalCve cve;
      cve.impact = attributes["impact"];
      for (const auto* key : {"cvss4", "cvss3", "cvss2"}) add_vector(cve.cvss, attributes[key]);
      definition_->cves.push_back(std::move(cve));
    } else if (name == "criteria") {
      LIMPID_TRY(count_node());
      OvalNode node;
      node.is_and = attributes["operator"] != "OR";
      open_.push_back(std::move(node));
    } else if (name == "criterion" && !open_.empty()) {
      LIMPID_TRY(count_node());
      OvalNode leaf;
      leaf.is_leaf = true;
      leaf.test = facts_.resolve(attributes["test_ref"]);
      leaf.test.comment = comments_.emplace_back(attributes["comment"]);
      if (!leaf.test.is_known) read_words(leaf.test);
      open_.back().children.push_back(std::move(leaf));
    }
    return {};
  }

  Result<void> end(std::string_view name, std::string_view text) override {
    if (!definition_) return {};
    text = base::trim(text);
    if (name == "criteria") {
      auto node = std::move(open_.back());
      open_.pop_back();
      auto& siblings = open_.empty() ? definition_->criteria.children : open_.back().children;
      siblings.push_back(std::move(node));
    } else if (name == "definition") {
      auto visited = visit_(*definition_);
      definition_.reset();
      return visited;
    } else if (open_.empty()) {
      end_of_text(name, text);
    }
    return {};
  }

 private:
  // "7.8/AV:N/…" and "6.1/CVSS:3.0/AV:N/…": the score first.
  static void add_vector(std::string& vectors, std::string_view scored) {
    base::take_until(scored, '/');
    if (!scored.empty()) base::append(vectors, {vectors.empty() ? "" : " ", scored});
  }

  // A file that was cut out of a larger one may lack tests; their words say the same.
  static void read_words(OvalTest& test) {
    constexpr std::string_view kEarlier = " is earlier than ";
    if (const auto at = test.comment.find(kEarlier); at != std::string_view::npos) {
      test.object = test.comment.substr(0, at);
      test.operation = "less than";
      test.evr = test.comment.substr(at + kEarlier.size());
    }
    test.is_signature = test.comment.find(" is signed with ") != std::string_view::npos;
  }

  Result<void> count_node() {
    if (++nodes_ <= kOvalNodesMax) return {};
    return fail(Code::limit, {definition_->id, ": more than ", kOvalNodesMax, " criteria"});
  }

  void end_of_text(std::string_view name, std::string_view text) {
    if (name == "title") {
      definition_->title = text;
    } else if (name == "description") {
      definition_->description = text;
    } else if (name == "severity") {
      definition_->severity = text;
    } else if (name == "platform") {
      definition_->platforms.emplace_back(text);
    } else if (name == "cpe") {
      definition_->cpes.emplace_back(text);
    } else if (name == "component") {
      definition_->resolutions.push_back({.state = resolution_, .component = std::string(text)});
    } else if (name == "cve" && !definition_->cves.empty()) {
      std::size_t length = 0;  // SUSE: "CVE-2024-1 at SUSE"
      definition_->cves.back().id = leading_cve(text, length);
    }
  }

  const Facts& facts_;
  const Sink& sink_;
  const OvalVisitor& visit_;
  std::optional<OvalDefinition> definition_;
  std::deque<std::string> comments_;
  std::vector<OvalNode> open_;
  std::string resolution_;
  std::size_t nodes_ = 0;
};

Result<void> read_definitions(archive::Source& first, archive::Source& second, const Sink& sink,
                              const OvalVisitor& visit) {
  Facts facts;
  FactsHandler facts_handler(facts);
  LIMPID_TRY(parse_xml(first, facts_handler));
  DefinitionsHandler definitions(facts, sink, visit);
  return parse_xml(second, definitions);
}

Result<void> read_file(const std::string& path, const Sink& sink, const OvalVisitor& visit) {
  LIMPID_ASSIGN(auto first, InputFile::open(path));
  LIMPID_ASSIGN(auto second, InputFile::open(path));
  LIMPID_TRY_WITHIN(read_definitions(first.source(), second.source(), sink, visit), {path});
  return {};
}

bool is_archive(std::string_view path) {
  return path.find(".tar") != std::string_view::npos || path.ends_with(".tgz") || path.ends_with(".zip");
}

class Walker {
 public:
  Walker(const std::function<OvalMeaning(const OvalTest&, std::string&)>& meaning_of,
         const std::function<void(const OvalPath&, const OvalTest&)>& use)
      : meaning_of_(meaning_of), use_(use) {}

  // No deeper than the XML may be.
  void walk(const OvalNode& node, OvalPath path) {
    if (node.is_and) {
      OvalPath beside;
      for (const auto& child : node.children) {
        if (is_condition(child)) add(child, beside);
      }
      if (!beside.releases.empty()) path.releases = std::move(beside.releases);
      if (!beside.architectures.empty()) path.architectures = std::move(beside.architectures);
      if (!beside.module.empty()) path.module = std::move(beside.module);
    }
    std::string text;
    for (const auto& child : node.children) {
      if (!child.is_leaf) {
        walk(child, path);
      } else if (meaning_of_(child.test, text) == OvalMeaning::package) {
        use_(path, child.test);
      }
    }
  }

 private:
  // Nothing in it is a package's test.
  bool is_condition(const OvalNode& node) {
    std::string text;
    if (node.is_leaf) return meaning_of_(node.test, text) != OvalMeaning::package;
    return std::ranges::all_of(node.children, [&](const OvalNode& child) { return is_condition(child); });
  }
  void add(const OvalNode& node, OvalPath& path) {
    for (const auto& child : node.children) add(child, path);
    if (!node.is_leaf) return;
    std::string text;
    const auto meaning = meaning_of_(node.test, text);
    if (meaning == OvalMeaning::release) path.releases.push_back(std::move(text));
    if (meaning == OvalMeaning::architecture) path.architectures.push_back(std::move(text));
    if (meaning == OvalMeaning::module) path.module = std::move(text);
  }

  const std::function<OvalMeaning(const OvalTest&, std::string&)>& meaning_of_;
  const std::function<void(const OvalPath&, const OvalTest&)>& use_;
};

}  // namespace

Result<void> read_oval(const FeedInput& input, const Sink& sink, FeedCounts& counts, const OvalVisitor& visit) {
  constexpr std::string_view kSuffixes[] = {".xml", ".xml.gz", ".xml.bz2", ".xml.xz", ".xml.zst"};
  LIMPID_ASSIGN(const auto paths, list_inputs(input.path, [&](std::string_view path) {
                  return is_archive(path) || std::ranges::any_of(kSuffixes, [&](std::string_view suffix) {
                           return path.ends_with(suffix);
                         });
                }));
  const DocumentVisitor in_archive = [&](const std::string& name, std::string& text) -> Result<void> {
    const auto first = archive::memory_source(base::as_bytes(text));
    const auto second = archive::memory_source(base::as_bytes(text));
    LIMPID_TRY_WITHIN(read_definitions(*first, *second, sink, visit), {name});
    return {};
  };
  for (const auto& path : paths) {
    if (sink.is_cancelled()) return cancelled();
    if (is_archive(path)) {
      LIMPID_TRY(each_document({.path = path, .name_space = {}}, {.suffix = ".xml", .size_max = kOvalInArchiveMax},
                               sink, counts, in_archive));
    } else {
      LIMPID_TRY(read_file(path, sink, visit));
    }
  }
  return {};
}

void walk_oval(const OvalNode& criteria,
               const std::function<OvalMeaning(const OvalTest& test, std::string& text)>& meaning_of,
               const std::function<void(const OvalPath& path, const OvalTest& test)>& use) {
  Walker(meaning_of, use).walk(criteria, {});
}

std::vector<std::string> oval_architectures(std::string_view pattern) {
  std::vector<std::string> names;
  std::string_view rest = base::trim(pattern);
  if (base::strip_prefix(rest, "(") && !base::strip_suffix(rest, ")")) return names;
  while (!rest.empty()) {
    const auto name = base::take_until(rest, '|');
    const bool plain = !name.empty() && std::ranges::all_of(name, [](char c) { return base::is_alnum(c) || c == '_'; });
    if (!plain) return {};
    if (name != "noarch") {
      names.emplace_back(name);
    } else {
      return {};  // what is built for every architecture is not tied to one
    }
  }
  return names;
}

std::vector<std::string> architectures_of(const OvalPath& path, const OvalTest& test) {
  auto architectures = path.architectures.empty() ? oval_architectures(test.architectures) : path.architectures;
  if (architectures.empty()) architectures.emplace_back();
  return architectures;
}

std::vector<std::string_view> vectors_of(const OvalCve& cve) {
  std::vector<std::string_view> vectors;
  std::string_view rest = cve.cvss;
  for (auto vector = base::take_word(rest); !vector.empty(); vector = base::take_word(rest)) vectors.push_back(vector);
  return vectors;
}

}  // namespace limpid::advisory
