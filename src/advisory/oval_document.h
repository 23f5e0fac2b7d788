// OVAL definitions, whoever publishes them: each definition with the tests that it refers to. What they mean is for the
// feed to say. Format: https://oval.mitre.org/language/version5.11/, elements named without their prefixes.
//
// The file is read twice, since definitions stand before what they refer to: first tests, objects, states and
// variables, which are kept compactly, then the definitions one by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"

namespace limpid::advisory {

inline constexpr std::size_t kOvalDocumentTextsMax = std::size_t{200} << 20;  // of all that is kept, in bytes
inline constexpr std::size_t kOvalDocumentPartsMax = 4'000'000;               // tests, objects, states and variables
inline constexpr std::size_t kOvalDocumentDefinitionMax = 500'000;            // elements of one definition

struct OvalDocumentElement {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;
  std::string text;  // trimmed
  std::string_view operator[](std::string_view attribute) const;
};

// One node of a definition's condition.
struct OvalDocumentCriteria {
  enum class Kind : std::uint8_t {
    all,         // operator AND, also where none is given
    any,         // operator OR
    other,       // ONE or XOR
    test,        // <criterion>
    definition,  // <extend_definition>
  };
  Kind kind = Kind::all;
  bool negate = false;
  std::string reference;  // the id of the test or the definition
  std::string comment;
  std::vector<OvalDocumentCriteria> children;
};

struct OvalDocumentDefinition {
  std::string id, klass;  // klass: "vulnerability", "patch", "inventory", …
  bool deprecated = false;
  // All elements of <metadata> in the order of the document, those within others among them.
  std::vector<OvalDocumentElement> metadata;
  // An <all> whose only child is the outermost <criteria>, if there is one.
  OvalDocumentCriteria criteria;

  // The first element of that name, or its text; null and "" if there is none.
  const OvalDocumentElement* find(std::string_view name) const;
  std::string_view text(std::string_view name) const;
  template <class Use>
  void each(std::string_view name, const Use& use) const {
    for (const auto& element : metadata)
      if (element.name == name) use(element);
  }
};

// One element of an object or a state: <name>bash</name>, <evr operation="less than">0:1-2</evr>,
// <pattern var_ref="…"/>.
struct OvalDocumentField {
  std::string_view name, text, operation, variable;
};
struct OvalDocumentFields {
  std::vector<OvalDocumentField> fields;
  const OvalDocumentField* find(std::string_view name) const;
  std::string_view text(std::string_view name) const;  // "" if there is none
};
struct OvalDocumentTest {
  std::string_view kind;  // "rpminfo_test"
  std::string_view object;
  std::vector<std::string_view> states;
};

// What definitions refer to, by id. Null for an id that the document does not have. Views live as long as this.
class OvalDocumentParts {
 public:
  OvalDocumentParts() = default;
  OvalDocumentParts(const OvalDocumentParts&) = delete;
  OvalDocumentParts& operator=(const OvalDocumentParts&) = delete;

  const OvalDocumentTest* test(std::string_view id) const { return find(tests_, id); }
  const OvalDocumentFields* object(std::string_view id) const { return find(objects_, id); }
  const OvalDocumentFields* state(std::string_view id) const { return find(states_, id); }
  const std::vector<std::string_view>* variable(std::string_view id) const { return find(variables_, id); }

 private:
  friend class OvalDocumentPartsReader;  // oval_document.cc
  template <class T>
  using ById = std::unordered_map<std::string_view, T>;
  template <class T>
  static const T* find(const ById<T>& map, std::string_view id) {
    const auto found = map.find(id);
    return found == map.end() ? nullptr : &found->second;
  }
  // The text, kept once.
  Result<std::string_view> keep(std::string_view text);
  std::size_t size() const { return tests_.size() + objects_.size() + states_.size() + variables_.size(); }

  std::vector<std::string> blocks_;
  std::size_t kept_ = 0;
  std::unordered_set<std::string_view> texts_;
  ById<OvalDocumentTest> tests_;
  ById<OvalDocumentFields> objects_, states_;
  ById<std::vector<std::string_view>> variables_;
};

// What the generator says of the document.
struct OvalDocumentHead {
  std::string timestamp;  // "2024-10-10T00:44:14", as written; "" if not stated
};

using OvalDocumentVisitor =
    std::function<Result<void>(const OvalDocumentDefinition& definition, const OvalDocumentParts& parts)>;
// Calls `visit` for each definition of the file, which may be compressed. Fails on what is no OVAL document.
Result<OvalDocumentHead> read_oval_document(const std::string& path, const OvalDocumentVisitor& visit);

}  // namespace limpid::advisory
