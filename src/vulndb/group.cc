#include "vulndb/group.h"

#include <algorithm>

#include "vulndb/format.h"

namespace limpid::vulndb {
namespace {

using format::Decoder;

// Of a group that is behind a lazy list: its head has been checked.
std::uint8_t width_of(const std::uint8_t* group) { return (group[4] & format::kWideReferences) != 0 ? 4 : 2; }
const std::uint8_t* strings_of(const std::uint8_t* group) { return group + base::load_le<std::uint16_t>(group + 5); }

std::uint32_t load_reference(const std::uint8_t* from, std::uint8_t width) {
  return width == 2 ? base::load_le<std::uint16_t>(from) : base::load_le<std::uint32_t>(from);
}

// A string is its length, a byte or two with seven bits in the first, and its bytes.
std::string_view string_at(const std::uint8_t* at) {
  std::size_t size = *at++;
  if ((size & 0x80) != 0) size = (size & 0x7f) | std::size_t{*at++} << 7;
  return base::as_text({at, size});
}
bool is_string(Bytes strings, std::uint32_t reference) {
  if (reference >= strings.size()) return false;
  const Bytes rest = strings.subspan(reference);
  if ((rest[0] & 0x80) == 0) return rest[0] <= rest.size() - 1;
  return rest.size() >= 2 && ((rest[0] & 0x7fU) | std::size_t{rest[1]} << 7) <= rest.size() - 2;
}

// Bounds of ranges as a list has them: three references for each, or only that to the fixed version.
constexpr std::uint8_t kThreeBounds = 0, kFixedOnly = 1;

// Everything of a statement that others of the group share with it.
struct Context {
  std::uint64_t offset = 0;
  bool has_text_id = false, has_ranges = false;
  Statement statement;
};

// Reads one group's statements in turn.
class StatementReader {
 public:
  StatementReader(Bytes group, const GroupHead& head, const Feeds& feeds, SpeltIds ids)
      : group_(group), head_(head), feeds_(feeds), ids_(ids), in_(group.subspan(head.statements_at)) {}

  // False if the statement makes no sense; problem() says why. `number` counts the statements of the group.
  bool next(std::uint32_t number, Statement& statement) {
    const std::uint64_t step = in_.varint();
    const std::uint64_t context_at = in_.varint();
    if (!in_.ok()) return refuse("ends within a statement");
    if (step >= feeds_.advisories - advisory_) return refuse("advisory number too high");
    advisory_ += static_cast<std::uint32_t>(step);
    const Context* context = context_of(context_at);
    if (context == nullptr) return false;
    statement = context->statement;
    statement.advisory = advisory_;
    if (context->has_ranges && !read_ranges(in_.varint(), statement)) return false;
    // Statements of one advisory share its id.
    if (step != 0 || number == 0) {
      if (!read_id(number, context->has_text_id)) return false;
    }
    statement.id = id_;
    return in_.ok() ? true : refuse("ends within a statement");
  }
  bool finished() const { return in_.finished(); }
  std::string_view problem() const { return problem_; }
  std::size_t position() const { return head_.statements_at + in_.position(); }

 private:
  bool refuse(std::string_view problem) {
    problem_ = problem;
    return false;
  }

  bool read_id(std::uint32_t number, bool is_text) {
    const std::uint64_t value = in_.varint();
    if (is_text) {
      if (value > 0xffff'ffffU || !is_string(head_.strings, static_cast<std::uint32_t>(value)))
        return refuse("string outside of its group");
      id_ = string_at(head_.strings.data() + value);
      return true;
    }
    // A difference to the CVE before, its sign in the lowest bit.
    const auto difference = static_cast<std::uint32_t>(value >> 1);
    cve_ = (value & 1) != 0 ? cve_ - difference : cve_ + difference;
    if (in_.ok()) id_ = ids_.get(number, advisory_, cve_);
    return true;
  }

  std::string_view text(Decoder& in) {
    const std::uint32_t at = head_.width == 2 ? in.u16() : in.u32();
    if (!in.ok() || !is_string(head_.strings, at)) {
      if (in.ok()) problem_ = "string outside of its group";
      in.raw(in.remaining() + 1);  // no way on
      return {};
    }
    return string_at(head_.strings.data() + at);
  }

  // `start`: of the area that `in` reads, in the group.
  template <class T>
  bool list(Decoder& in, std::size_t start, std::uint64_t count, std::uint32_t references_each, List<T>& list) {
    list = {};
    if (count == 0) return true;
    if (count > in.remaining() / head_.width / references_each) return refuse("list longer than its group");
    list = List<T>(group_.data(), static_cast<std::uint32_t>(start + in.position()), static_cast<std::uint32_t>(count));
    for (std::uint64_t i = 0; i < count * references_each; ++i) text(in);
    return in.ok();
  }

  const Context* context_of(std::uint64_t offset) {
    for (const Context& known : contexts_)
      if (known.offset == offset) return &known;
    if (offset >= head_.contexts.size()) {
      problem_ = "context outside of its group";
      return nullptr;
    }
    Context context;
    context.offset = offset;
    const std::size_t start = head_.contexts_at + offset;
    Decoder in(head_.contexts.subspan(offset));
    Statement& statement = context.statement;
    statement.package = head_.package;
    statement.key_kind = head_.key_kind;
    const std::uint8_t word = in.u8();
    statement.scheme = static_cast<version::Scheme>(in.u8());
    const std::uint8_t shape = in.u8();
    const std::uint64_t feed = in.varint();
    statement.severity = text(in);
    if ((shape & format::kHasModule) != 0) statement.module = text(in);
    const std::uint64_t architectures = (shape & format::kHasArchitectures) != 0 ? in.varint() : 0;
    if (!list(in, start, architectures, 1, statement.architectures)) return nullptr;
    const std::uint64_t products = (shape & format::kHasProducts) != 0 ? in.varint() : 0;
    if (!list(in, start, products, 1, statement.products)) return nullptr;
    if (!in.ok() || (word & 0xf) > static_cast<unsigned>(advisory::Status::not_affected) ||
        word >> 4 > static_cast<unsigned>(advisory::Kind::unmaintained) || feed >= feeds_.names.size()) {
      problem_ = "unknown status, kind or feed";
      return nullptr;
    }
    statement.status = static_cast<advisory::Status>(word & 0xf);
    statement.kind = static_cast<advisory::Kind>(word >> 4);
    statement.feed = feeds_.names[feed];
    context.has_text_id = (shape & format::kHasTextId) != 0;
    context.has_ranges = (shape & format::kHasRanges) != 0;
    // The last few: a group has some dozens at most, and hostile ones shall not make this slow.
    if (contexts_.size() == kContextsKept) contexts_.clear();
    contexts_.push_back(context);
    return &contexts_.back();
  }

  bool read_ranges(std::uint64_t offset, Statement& statement) {
    if (!in_.ok() || offset >= head_.ranges.size()) return refuse("ranges outside of their group");
    const std::size_t start = head_.ranges_at + offset;
    Decoder in(head_.ranges.subspan(offset));
    const std::uint64_t ranges = in.varint();
    const std::uint64_t versions = in.varint();
    const std::uint8_t bounds = in.u8();
    if (!in.ok() || bounds > kFixedOnly) return refuse("damaged ranges");
    if (!list(in, start, ranges, bounds == kFixedOnly ? 1 : 3, statement.ranges)) return false;
    return list(in, start, versions, 1, statement.versions);
  }

  static constexpr std::size_t kContextsKept = 32;

  Bytes group_;
  const GroupHead& head_;
  const Feeds& feeds_;
  SpeltIds ids_;
  Decoder in_;
  std::uint32_t advisory_ = 0, cve_ = 0;
  std::string_view id_;
  std::vector<Context> contexts_;
  std::string_view problem_ = "damaged statement";
};

}  // namespace

template <>
std::string_view List<std::string_view>::decode(const std::uint8_t* group, std::uint32_t at, std::size_t index) {
  const std::uint8_t width = width_of(group);
  return string_at(strings_of(group) + load_reference(group + at + index * width, width));
}

template <>
RangeView List<RangeView>::decode(const std::uint8_t* group, std::uint32_t at, std::size_t index) {
  const std::uint8_t width = width_of(group);
  const std::uint8_t* strings = strings_of(group);
  const auto text = [&](std::size_t reference) {
    return string_at(strings + load_reference(group + at + reference * width, width));
  };
  if (group[at - 1] == kFixedOnly) return {{}, text(index), {}};
  return {text(3 * index), text(3 * index + 1), text(3 * index + 2)};
}

Result<GroupHead> read_group_head(Bytes group, std::uint32_t number) {
  Decoder in(group);
  const std::uint32_t promised = in.u32();
  const std::uint8_t flags = in.u8();
  GroupHead head;
  head.key_kind = (flags & format::kBinaryKey) != 0 ? advisory::KeyKind::binary : advisory::KeyKind::source;
  if ((flags & format::kSharedStatements) != 0) {
    head.same_as = in.varint32();
    head.package = in.text();
    if (in.ok() && format::group_checksum(group, number) != promised)
      return fail(Code::mismatch, {"group ", number, ": wrong checksum"});
    if (!in.finished() || flags > (format::kSharedStatements | format::kBinaryKey))
      return fail(Code::invalid, {"group ", number, ": damaged head"});
    return head;
  }
  const std::uint16_t strings_at = in.u16();
  const std::uint64_t statements = in.varint();
  const std::uint64_t strings_size = in.varint();
  const std::uint64_t contexts_size = in.varint();
  const std::uint64_t ranges_size = in.varint();
  head.package = in.text();
  if (!in.ok()) return fail(Code::invalid, {"group ", number, ": shorter than its head"});
  if (format::group_checksum(group, number) != promised)
    return fail(Code::mismatch, {"group ", number, ": wrong checksum"});
  if (strings_at != in.position() || flags > (format::kBinaryKey | format::kWideReferences))
    return fail(Code::invalid, {"group ", number, ": damaged head"});
  head.width = (flags & format::kWideReferences) != 0 ? 4 : 2;
  head.strings = base::as_bytes(in.raw(strings_size));
  head.contexts_at = in.position();
  head.contexts = base::as_bytes(in.raw(contexts_size));
  head.ranges_at = in.position();
  head.ranges = base::as_bytes(in.raw(ranges_size));
  head.statements_at = in.position();
  if (!in.ok()) return fail(Code::invalid, {"group ", number, ": longer than it can be"});
  if (statements > in.remaining() / format::kStatementSizeMin)
    return fail(Code::invalid, {"group ", number, ": more statements than it can hold"});
  head.statements = static_cast<std::uint32_t>(statements);
  return head;
}

Result<void> read_statements(Bytes group, const GroupHead& head, const Feeds& feeds, SpeltIds ids,
                             const AdvisoryNumber* only, std::vector<Statement>& out) {
  const std::size_t before = out.size();
  StatementReader reader(group, head, feeds, ids);
  Statement statement;
  for (std::uint32_t i = 0; i < head.statements; ++i) {
    const std::size_t at = reader.position();
    if (!reader.next(i, statement)) {
      out.resize(before);
      return fail(Code::invalid,
                  {"package ", head.package, ", statement ", i, " at byte ", at, " of its group: ", reader.problem()});
    }
    if (only == nullptr || statement.advisory == *only) out.push_back(statement);
  }
  if (reader.finished()) return {};
  out.resize(before);
  return fail(Code::invalid, {"package ", head.package, ": bytes behind the last statement"});
}

}  // namespace limpid::vulndb
