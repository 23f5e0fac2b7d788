// Objects of JSON documents that stand in an image, read by the names of their members.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace limpid::inventory {

// One object. Valid during the call that it is given to.
class JsonRecord {
 public:
  virtual ~JsonRecord() = default;
  // A member that is a string; "" if there is none. Of several of one name the first counts.
  virtual std::string_view text(std::string_view member) const = 0;
  // The strings of a member that is a list of them.
  virtual std::vector<std::string> texts(std::string_view member) const = 0;
  // Each object of a member that is a list of them.
  virtual void each(std::string_view member, const std::function<void(const JsonRecord& record)>& use) const = 0;
};
using UseRecord = std::function<void(const JsonRecord& record)>;

// The object that the document is, or the one that is its member `member` ("" for the document itself). Code::invalid
// if there is none.
Result<void> read_json_object(std::string_view document, std::string_view member, const UseRecord& use);
// Each object of the list that is the document's member `list`; what else is in the list is passed over. Code::invalid
// if there is no such list.
Result<void> read_json_list(std::string_view document, std::string_view list, const UseRecord& use);
// Each member of the document that is an object, with its name.
Result<void> read_json_members(std::string_view document,
                               const std::function<void(std::string_view name, const JsonRecord& record)>& use);

}  // namespace limpid::inventory
