// Over yaml-cpp's events, not its nodes: what is refused is refused before it is built.
#include "service/config_yaml.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "base/text.h"

namespace limpid::service {
namespace {

// Thrown through yaml-cpp, which knows no other way to be stopped, and caught in parse_yaml().
struct Refusal {
  Code code;
  std::size_t line;
  std::string problem;
};

std::size_t line_of(const YAML::Mark& mark) { return static_cast<std::size_t>(std::max(mark.line, 0)) + 1; }

class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (started_) throw Refusal{Code::usage, line_of(mark), "a second document: there can be only one"};
    started_ = true;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override { add(mark, YamlNode::Kind::null, {}); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refusal{Code::usage, line_of(mark), "aliases (*name) are not read: write the value out"};
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    refuse_tag(mark, tag);
    if (expects_key()) {
      take_key(mark, value);
    } else {
      add(mark, YamlNode::Kind::text, value);
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(mark, tag);
    open(mark, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(mark, tag);
    open(mark, YamlNode::Kind::map);
  }
  void OnMapEnd() override { close(); }

  YamlNode take_root() { return std::move(root_); }

 private:
  struct Level {
    YamlNode node;
    bool has_key = false;  // of the next child
    std::string key;
    std::size_t key_line = 0;
  };

  // yaml-cpp gives "?" and "!" to plain and quoted values without one.
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str") return;
    throw Refusal{Code::usage, line_of(mark), "tags (!name) are not read"};
  }

  bool expects_key() const {
    return !levels_.empty() && levels_.back().node.kind == YamlNode::Kind::map && !levels_.back().has_key;
  }

  void take_key(const YAML::Mark& mark, const std::string& key) {
    Level& level = levels_.back();
    if (level.node.children.size() == kYamlKeysMax)
      throw Refusal{Code::limit, line_of(mark), base::cat({"more than ", kYamlKeysMax, " keys in one mapping"})};
    for (const YamlNode& other : level.node.children) {
      if (base::equal_ignoring_case(other.key, key))
        throw Refusal{Code::usage, line_of(mark), base::cat({key, ": stands in line ", other.line, " already"})};
    }
    level.key = key;
    level.key_line = line_of(mark);
    level.has_key = true;
  }

  YamlNode make(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (expects_key()) throw Refusal{Code::usage, line_of(mark), "a key that is no text"};
    if (++nodes_ > kYamlNodesMax)
      throw Refusal{Code::limit, line_of(mark), base::cat({"more than ", kYamlNodesMax, " values"})};
    YamlNode node;
    node.kind = kind;
    node.line = line_of(mark);
    if (!levels_.empty() && levels_.back().has_key) {
      Level& level = levels_.back();
      node.key = std::move(level.key);
      node.line = level.key_line;
      level.has_key = false;
    }
    return node;
  }

  void add(const YAML::Mark& mark, YamlNode::Kind kind, const std::string& text) {
    YamlNode node = make(mark, kind);
    node.text = text;
    put(std::move(node));
  }

  void open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (levels_.size() == kYamlDepthMax)
      throw Refusal{Code::limit, line_of(mark), base::cat({"nests deeper than ", kYamlDepthMax})};
    Level level;
    level.node = make(mark, kind);
    levels_.push_back(std::move(level));
  }

  void close() {
    YamlNode node = std::move(levels_.back().node);
    levels_.pop_back();
    put(std::move(node));
  }

  void put(YamlNode node) {
    if (levels_.empty()) {
      root_ = std::move(node);
    } else {
      levels_.back().node.children.push_back(std::move(node));
    }
  }

  bool started_ = false;
  std::size_t nodes_ = 0;
  std::vector<Level> levels_;
  YamlNode root_;
};

// What yaml-cpp would misread (it takes U+0004 for the end of the text) or choke on.
std::optional<Refusal> refuse_text(std::string_view text) {
  if (text.size() > kConfigBytesMax)
    return Refusal{Code::limit, 1,
                   base::cat({text.size(), " bytes, more than the ", kConfigBytesMax, " that we read"})};
  std::size_t line = 1, brackets = 0;
  for (std::string_view rest = text; const auto next = base::take_line(rest); ++line) {
    if (!base::is_utf8(*next)) return Refusal{Code::usage, line, "no UTF-8 text"};
    for (const char c : *next) {
      if ((static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f')
        return Refusal{Code::usage, line, "a control character"};
      if ((c == '[' || c == '{') && ++brackets > kYamlBracketsMax)
        return Refusal{Code::limit, line, base::cat({"more than ", kYamlBracketsMax, " brackets"})};
    }
  }
  return std::nullopt;
}

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text, std::string_view name) {
  if (const auto refusal = refuse_text(text))
    return fail(refusal->code, {name, ":", refusal->line, ": ", refusal->problem});
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder;
    while (parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const Refusal& refusal) {
    return fail(refusal.code, {name, ":", refusal.line, ": ", refusal.problem});
  } catch (const YAML::Exception& exception) {
    return fail(Code::usage, {name, ":", line_of(exception.mark), ": YAML: ", exception.msg});
  } catch (const std::exception& exception) {
    return fail(Code::internal, {name, ": YAML: ", exception.what()});
  }
}

}  // namespace limpid::service
