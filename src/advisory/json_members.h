// Splits one huge JSON document of nested objects into its members while it streams by, so that only one member is in
// memory at a time. Format: RFC 8259.
//
// Only the outer levels are checked here; each member's text goes to a parser that checks the rest. A document that
// ends before its root object is closed is Code::truncated.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "archive/source.h"

namespace limpid::advisory {

struct MemberLimits {
  std::size_t key_size_max = 4'096;
  std::size_t value_size_max = std::size_t{64} << 20;
};

// Calls `visit` with the keys that lead to each member `depth` levels down ({"a":{"b":V}} with depth 2: {"a","b"} and
// V) and with its text, a buffer that is reused and that the visitor may enlarge. Every level above must be objects.
using MemberVisitor = std::function<Result<void>(std::span<const std::string> keys, std::string& value)>;
Result<void> split_members(archive::Source& source, unsigned depth, const MemberVisitor& visit,
                           const MemberLimits& limits = {});

// Calls `visit` with each element of the root array, or of the root object's member `key` if that is an array. False if
// the document is an object without one.
using ArrayVisitor = std::function<Result<void>(std::string& value)>;
Result<bool> split_array(archive::Source& source, std::string_view key, const ArrayVisitor& visit,
                         const MemberLimits& limits = {});
// The document's outermost level in small pieces: calls `visit` with each member's key and text, and for a member that
// is an array with each of its elements in turn. A document that is an array has the key "".
using ElementVisitor = std::function<Result<void>(const std::string& key, std::string& value)>;
Result<void> split_elements(archive::Source& source, const ElementVisitor& visit, const MemberLimits& limits = {});

}  // namespace limpid::advisory
