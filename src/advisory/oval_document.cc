#include "advisory/oval_document.h"

#include <algorithm>

#include "advisory/input.h"
#include "advisory/xml.h"
#include "base/text.h"

namespace limpid::advisory {
namespace {

constexpr std::size_t kBlockSize = std::size_t{256} << 10;

// Where a reader is: the names of the outer elements matter, and how deep it is.
class SectionReader : public XmlHandler {
 public:
  Result<void> start(std::string_view element, const XmlAttributes& attributes) final {
    ++depth_;
    if (depth_ == 1 && element != "oval_definitions") return fail(Code::invalid, {"no OVAL document: <", element, ">"});
    if (depth_ == 2) section_ = element;
    return depth_ > 2 ? open(element, attributes) : Result<void>{};
  }
  Result<void> end(std::string_view element, std::string_view text) final {
    auto result = depth_ > 2 ? close(element, base::trim(text)) : Result<void>{};
    --depth_;
    return result;
  }

 protected:
  // An element below a section; depth() is 3 for one right below it, in both calls.
  virtual Result<void> open(std::string_view element, const XmlAttributes& attributes) = 0;
  virtual Result<void> close(std::string_view element, std::string_view text) = 0;
  bool in(std::string_view section) const { return section_ == section; }
  std::size_t depth() const { return depth_; }

 private:
  std::string section_;
  std::size_t depth_ = 0;
};

}  // namespace

class OvalDocumentPartsReader final : public SectionReader {
 public:
  explicit OvalDocumentPartsReader(OvalDocumentParts& parts) : parts_(parts) {}

  OvalDocumentHead head;

 private:
  Result<void> open(std::string_view element, const XmlAttributes& attributes) override {
    if (depth() == 3) return open_part(element, attributes);
    if (depth() != 4) return {};
    if (test_ != nullptr) {
      if (element == "object") {
        LIMPID_ASSIGN(test_->object, parts_.keep(attributes["object_ref"]));
      }
      if (element != "state") return {};
      LIMPID_ASSIGN(const auto state, parts_.keep(attributes["state_ref"]));
      test_->states.push_back(state);
    } else if (fields_ != nullptr) {
      OvalDocumentField field;
      LIMPID_ASSIGN(field.name, parts_.keep(element));
      LIMPID_ASSIGN(field.operation, parts_.keep(attributes["operation"]));
      LIMPID_ASSIGN(field.variable, parts_.keep(attributes["var_ref"]));
      fields_->fields.push_back(field);
    }
    return {};
  }

  Result<void> open_part(std::string_view element, const XmlAttributes& attributes) {
    test_ = nullptr;
    fields_ = nullptr;
    values_ = nullptr;
    const bool is_part = in("tests") || in("objects") || in("states") || in("variables");
    if (!is_part) return {};
    if (parts_.size() >= kOvalDocumentPartsMax)
      return fail(Code::limit, {"more than ", kOvalDocumentPartsMax, " tests and their parts"});
    LIMPID_ASSIGN(const auto id, parts_.keep(attributes["id"]));
    if (in("tests")) {
      test_ = &parts_.tests_[id];
      *test_ = {};
      LIMPID_ASSIGN(test_->kind, parts_.keep(element));
    } else if (in("variables")) {
      values_ = &parts_.variables_[id];
      values_->clear();
    } else {
      fields_ = in("objects") ? &parts_.objects_[id] : &parts_.states_[id];
      fields_->fields.clear();
    }
    return {};
  }

  Result<void> close(std::string_view element, std::string_view text) override {
    if (in("generator") && element == "timestamp") head.timestamp = text;
    if (depth() != 4) return {};
    if (fields_ != nullptr && !fields_->fields.empty()) {
      LIMPID_ASSIGN(fields_->fields.back().text, parts_.keep(text));
    } else if (values_ != nullptr && element == "value") {
      LIMPID_ASSIGN(const auto value, parts_.keep(text));
      values_->push_back(value);
    }
    return {};
  }

  OvalDocumentParts& parts_;
  // What is open, if it is of that kind. Elements of an unordered_map stay where they are.
  OvalDocumentTest* test_ = nullptr;
  OvalDocumentFields* fields_ = nullptr;
  std::vector<std::string_view>* values_ = nullptr;
};

namespace {

class DefinitionReader final : public SectionReader {
 public:
  DefinitionReader(const OvalDocumentParts& parts, const OvalDocumentVisitor& visit) : parts_(parts), visit_(visit) {}

 private:
  Result<void> open(std::string_view element, const XmlAttributes& attributes) override {
    if (!in("definitions")) return {};
    if (depth() == 3) {
      definition_ = {};
      definition_.id = attributes["id"];
      definition_.klass = attributes["class"];
      definition_.deprecated = attributes["deprecated"] == "true" || attributes["deprecated"] == "1";
      open_criteria_ = {&definition_.criteria};
      elements_ = 0;
      return {};
    }
    if (++elements_ > kOvalDocumentDefinitionMax)
      return fail(Code::limit, {definition_.id, ": more than ", kOvalDocumentDefinitionMax, " elements"});
    if (depth() == 4) in_metadata_ = element == "metadata";
    if (in_metadata_) {
      if (depth() > 4) open_metadata(element, attributes);
    } else if (element == "criteria" || element == "criterion" || element == "extend_definition") {
      open_criteria(element, attributes);
    }
    return {};
  }

  void open_metadata(std::string_view element, const XmlAttributes& attributes) {
    auto& added = definition_.metadata.emplace_back();
    added.name = element;
    attributes.each([&](std::string_view name, std::string_view value) { added.attributes.emplace_back(name, value); });
    open_metadata_.push_back(definition_.metadata.size() - 1);
  }

  void open_criteria(std::string_view element, const XmlAttributes& attributes) {
    using Kind = OvalDocumentCriteria::Kind;
    OvalDocumentCriteria node;
    node.negate = attributes["negate"] == "true" || attributes["negate"] == "1";
    node.comment = attributes["comment"];
    if (element == "criteria") {
      const auto word = attributes["operator"];
      node.kind = word.empty() || word == "AND" ? Kind::all : word == "OR" ? Kind::any : Kind::other;
    } else if (element == "criterion") {
      node.kind = Kind::test;
      node.reference = attributes["test_ref"];
    } else {
      node.kind = Kind::definition;
      node.reference = attributes["definition_ref"];
    }
    // Only the innermost open node gets children, so that no pointer to an outer one moves.
    auto& siblings = open_criteria_.back()->children;
    open_criteria_.push_back(&siblings.emplace_back(std::move(node)));
  }

  Result<void> close(std::string_view element, std::string_view text) override {
    if (!in("definitions")) return {};
    if (depth() == 3) {
      LIMPID_TRY_WITHIN(visit_(definition_, parts_), {"definition ", definition_.id});
    } else if (in_metadata_) {
      if (depth() == 4) return {};
      definition_.metadata[open_metadata_.back()].text = text;
      open_metadata_.pop_back();
    } else if (element == "criteria" || element == "criterion" || element == "extend_definition") {
      open_criteria_.pop_back();
    }
    return {};
  }

  const OvalDocumentParts& parts_;
  const OvalDocumentVisitor& visit_;
  OvalDocumentDefinition definition_;
  std::vector<OvalDocumentCriteria*> open_criteria_;
  std::vector<std::size_t> open_metadata_;
  std::size_t elements_ = 0;
  bool in_metadata_ = false;
};

Result<void> read_pass(const std::string& path, XmlHandler& handler) {
  LIMPID_ASSIGN(auto input, InputFile::open(path));
  LIMPID_TRY_WITHIN(parse_xml(input.source(), handler), {path});
  return {};
}

}  // namespace

Result<std::string_view> OvalDocumentParts::keep(std::string_view text) {
  if (text.empty()) return std::string_view{};
  if (const auto known = texts_.find(text); known != texts_.end()) return *known;
  if ((kept_ += text.size()) > kOvalDocumentTextsMax)
    return fail(Code::limit, {"tests and their parts: more than ", kOvalDocumentTextsMax, " bytes of text"});
  if (blocks_.empty() || blocks_.back().capacity() - blocks_.back().size() < text.size()) {
    // A block never grows beyond what it has reserved, so that views of it stay; a move of it must not copy a short
    // one.
    blocks_.emplace_back().reserve(std::max(kBlockSize, text.size()));
  }
  auto& block = blocks_.back();
  const auto at = block.size();
  block += text;
  return *texts_.insert(std::string_view(block).substr(at)).first;
}

std::string_view OvalDocumentElement::operator[](std::string_view attribute) const {
  for (const auto& [key, value] : attributes)
    if (key == attribute) return value;
  return {};
}

const OvalDocumentElement* OvalDocumentDefinition::find(std::string_view name) const {
  const auto found = std::ranges::find(metadata, name, &OvalDocumentElement::name);
  return found == metadata.end() ? nullptr : &*found;
}

std::string_view OvalDocumentDefinition::text(std::string_view name) const {
  const auto* element = find(name);
  return element == nullptr ? std::string_view{} : element->text;
}

const OvalDocumentField* OvalDocumentFields::find(std::string_view name) const {
  const auto found = std::ranges::find(fields, name, &OvalDocumentField::name);
  return found == fields.end() ? nullptr : &*found;
}

std::string_view OvalDocumentFields::text(std::string_view name) const {
  const auto* field = find(name);
  return field == nullptr ? std::string_view{} : field->text;
}

Result<OvalDocumentHead> read_oval_document(const std::string& path, const OvalDocumentVisitor& visit) {
  OvalDocumentParts parts;
  OvalDocumentPartsReader parts_reader(parts);
  LIMPID_TRY(read_pass(path, parts_reader));
  DefinitionReader definitions(parts, visit);
  LIMPID_TRY(read_pass(path, definitions));
  return std::move(parts_reader.head);
}

}  // namespace limpid::advisory
