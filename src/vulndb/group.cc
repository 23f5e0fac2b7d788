#include "vulndb/group.h"

#include <algorithm>
#include <array>

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

// Reads everything of statements but their advisories and ids.
class ShapeReader {
 public:
  ShapeReader(Bytes group, const GroupHead& head, const Feeds& feeds) : group_(group), head_(head), feeds_(feeds) {
    contexts_.reserve(kContextsUsual);
    offsets_.reserve(kContextsUsual);
  }

  // Valid until the next one is asked for; null if there is none, and problem() says why.
  const Context* context(std::uint64_t offset) {
    if (last_ == nullptr || last_->offset != offset) last_ = context_of(offset);
    return last_;
  }
  // False if it makes no sense. `ranges` counts only where the context has some.
  bool shape(std::uint64_t context_at, std::uint64_t ranges, Statement& statement) {
    const Context* found = context(context_at);
    if (found == nullptr) return false;
    statement = found->statement;
    return !found->has_ranges || read_ranges(ranges, statement);
  }
  bool refuse(std::string_view problem) {
    problem_ = problem;
    return false;
  }
  std::string_view problem() const { return problem_; }

 private:
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
    for (std::size_t i = 0; i < offsets_.size(); ++i)
      if (offsets_[i] == offset) return &contexts_[i];
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
    if (contexts_.size() == kContextsKept) {
      contexts_.clear();
      offsets_.clear();
    }
    contexts_.push_back(context);
    offsets_.push_back(offset);
    return &contexts_.back();
  }

  bool read_ranges(std::uint64_t offset, Statement& statement) {
    if (offset >= head_.ranges.size()) return refuse("ranges outside of their group");
    const std::size_t start = head_.ranges_at + offset;
    Decoder in(head_.ranges.subspan(offset));
    const std::uint64_t ranges = in.varint();
    const std::uint64_t versions = in.varint();
    const std::uint8_t bounds = in.u8();
    if (!in.ok() || bounds > kFixedOnly) return refuse("damaged ranges");
    if (!list(in, start, ranges, bounds == kThreeBounds ? 3 : 1, statement.ranges)) return false;
    return list(in, start, versions, 1, statement.versions);
  }

  static constexpr std::size_t kContextsUsual = 8, kContextsKept = 32;

  Bytes group_;
  const GroupHead& head_;
  const Feeds& feeds_;
  std::vector<Context> contexts_;
  std::vector<std::uint64_t> offsets_;  // theirs
  const Context* last_ = nullptr;
  std::string_view problem_ = "damaged statement";
};

// Reads one group's statements in turn, as numbers.
class RowReader {
 public:
  RowReader(const GroupHead& head, const Feeds& feeds, ShapeReader& shapes)
      : head_(head),
        feeds_(feeds),
        shapes_(shapes),
        advisories_(head.advisories),
        ids_(head.ids),
        contexts_(head.context_references),
        ranges_(head.range_references) {}

  // False if the statement makes no sense; the ShapeReader says why.
  bool next(Glance::Row& row) {
    const std::uint64_t step = advisories_.varint();
    const std::uint64_t context_at = contexts_.varint();
    if (!advisories_.ok() || !contexts_.ok()) return shapes_.refuse("not in every column");
    if (step >= feeds_.advisories - row_.advisory) return shapes_.refuse("advisory number too high");
    const Context* context = shapes_.context(context_at);
    if (context == nullptr) return false;
    row_.advisory += static_cast<std::uint32_t>(step);
    row_.context = static_cast<std::uint32_t>(context_at);  // below the size of its area
    row_.ranges = context->has_ranges ? ranges_.varint32() : 0;
    // Statements of one advisory share its id.
    if ((step != 0 || is_first_) && !read_id(context->has_text_id)) return false;
    is_first_ = false;
    row = row_;
    return ranges_.ok() || shapes_.refuse("not in every column");
  }
  bool finished() const {
    return advisories_.finished() && ids_.finished() && contexts_.finished() && ranges_.finished();
  }

 private:
  bool read_id(bool is_text) {
    const std::uint64_t value = ids_.varint();
    if (!ids_.ok()) return shapes_.refuse("not in every column");
    if (is_text) {
      if (value > 0xffff'ffffU || !is_string(head_.strings, static_cast<std::uint32_t>(value)))
        return shapes_.refuse("string outside of its group");
      row_.id = static_cast<std::uint32_t>(value);
      row_.cve = 0;
      return true;
    }
    // A difference to the CVE before, its sign in the lowest bit.
    const auto difference = static_cast<std::uint32_t>(value >> 1);
    last_cve_ = (value & 1) != 0 ? last_cve_ - difference : last_cve_ + difference;
    row_.id = 0;
    row_.cve = last_cve_;
    return true;
  }

  const GroupHead& head_;
  const Feeds& feeds_;
  ShapeReader& shapes_;
  Decoder advisories_, ids_, contexts_, ranges_;  // the columns
  Glance::Row row_;
  std::uint32_t last_cve_ = 0;
  bool is_first_ = true;
};

// Makes statements of rows.
class StatementMaker {
 public:
  StatementMaker(const GroupHead& head, ShapeReader& shapes, SpeltIds ids) : head_(head), shapes_(shapes), ids_(ids) {}

  // `number` counts the statements of the group.
  bool make(std::uint32_t number, const Glance::Row& row, Statement& statement) {
    if (!shapes_.shape(row.context, row.ranges, statement)) return false;
    statement.advisory = row.advisory;
    statement.cve = row.cve;
    if (row.id != 0) {
      statement.id = string_at(head_.strings.data() + row.id);
      return true;
    }
    if (spelt_.empty() || spelt_of_ != row.advisory) {
      spelt_ = ids_.get(number, row.advisory, row.cve);
      spelt_of_ = row.advisory;
    }
    statement.id = spelt_;
    return true;
  }

 private:
  const GroupHead& head_;
  ShapeReader& shapes_;
  SpeltIds ids_;
  std::string_view spelt_;
  std::uint32_t spelt_of_ = 0;
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
  const std::uint64_t advisories_size = in.varint();
  const std::uint64_t ids_size = in.varint();
  const std::uint64_t context_references_size = in.varint();
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
  head.advisories = base::as_bytes(in.raw(advisories_size));
  head.ids = base::as_bytes(in.raw(ids_size));
  head.context_references = base::as_bytes(in.raw(context_references_size));
  head.range_references = base::as_bytes(in.raw(in.remaining()));
  if (!in.ok()) return fail(Code::invalid, {"group ", number, ": longer than it can be"});
  if (statements > head.advisories.size() || statements > head.context_references.size())
    return fail(Code::invalid, {"group ", number, ": more statements than it can hold"});
  head.statements = static_cast<std::uint32_t>(statements);
  return head;
}

namespace {

std::unexpected<Error> refused(const GroupHead& head, std::size_t statement, const ShapeReader& reader) {
  return fail(Code::invalid, {"package ", head.package, ", statement ", statement, ": ", reader.problem()});
}
std::unexpected<Error> too_long(const GroupHead& head) {
  return fail(Code::invalid, {"package ", head.package, ": bytes behind the last statement"});
}

}  // namespace

Result<void> read_statements(Bytes group, const GroupHead& head, const Feeds& feeds, SpeltIds ids,
                             const AdvisoryNumber* only, std::vector<Statement>& out) {
  const std::size_t before = out.size();
  if (only == nullptr && out.capacity() - before < head.statements)
    out.reserve(std::max(before + head.statements, 2 * out.capacity()));
  ShapeReader shapes(group, head, feeds);
  RowReader rows(head, feeds, shapes);
  StatementMaker maker(head, shapes, ids);
  Glance::Row row;
  for (std::uint32_t i = 0; i < head.statements; ++i) {
    bool good = rows.next(row);
    if (good && (only == nullptr || row.advisory == *only)) good = maker.make(i, row, out.emplace_back());
    if (!good) {
      out.resize(before);
      return refused(head, i, shapes);
    }
  }
  if (rows.finished()) return {};
  out.resize(before);
  return too_long(head);
}

Result<void> glance_at_statements(const StatementGroup& group, const Feeds& feeds,
                                  const std::function<bool(const Statement&)>& concerns, Glance& to) {
  // The last answers, by shape: where its context and its ranges stand.
  struct Known {
    std::uint32_t context = ~0U, ranges = 0;
    bool answer = false;
  };
  constexpr std::size_t kKnown = 64;
  std::array<Known, kKnown> known;
  ShapeReader shapes(group.bytes, group.head, feeds);
  RowReader rows(group.head, feeds, shapes);
  to.rows.clear();
  to.concerned.clear();
  to.rows.resize(group.head.statements);
  Statement shape;
  for (std::uint32_t i = 0; i < group.head.statements; ++i) {
    Glance::Row& row = to.rows[i];
    if (!rows.next(row)) return refused(group.head, i, shapes);
    Known& slot = known[(row.context * 7 + row.ranges / 5) % kKnown];
    if (slot.context != row.context || slot.ranges != row.ranges) {
      if (!shapes.shape(row.context, row.ranges, shape)) return refused(group.head, i, shapes);
      slot = {row.context, row.ranges, concerns(shape)};
    }
    if (slot.answer) to.concerned.push_back(i);
  }
  return rows.finished() ? Result<void>() : too_long(group.head);
}

std::string_view text_id(const StatementGroup& group, const Glance::Row& row) {
  return string_at(group.head.strings.data() + row.id);
}

Result<void> read_rows(const StatementGroup& group, const Feeds& feeds, SpeltIds ids, const Glance& glance,
                       const CveSet& cves, std::vector<Statement>& out) {
  const std::size_t before = out.size();
  ShapeReader shapes(group.bytes, group.head, feeds);
  StatementMaker maker(group.head, shapes, ids);
  for (std::uint32_t i = 0; i < glance.rows.size(); ++i) {
    const Glance::Row& row = glance.rows[i];
    if (row.cve != 0 && !cves.has(row.cve)) continue;
    if (maker.make(i, row, out.emplace_back())) continue;
    out.resize(before);
    return refused(group.head, i, shapes);
  }
  return {};
}

}  // namespace limpid::vulndb
