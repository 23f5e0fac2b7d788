#include "vulndb/group.h"

#include <algorithm>

#include "vulndb/format.h"

namespace limpid::vulndb {
namespace {

using format::Decoder;

// The pool of a group that is behind a lazy list: its head has been checked.
const std::uint8_t* pool_of(const std::uint8_t* group) {
  return group + format::kGroupHeadSize + base::load_le<std::uint16_t>(group + 10);
}
std::uint8_t width_of(const std::uint8_t* group) { return group[9]; }

bool is_in_pool(Bytes pool, std::uint32_t reference) {
  if (pool.size() < 2 || reference > pool.size() - 2) return false;
  return base::load_le<std::uint16_t>(pool.data() + reference) <= pool.size() - 2 - reference;
}

// Reads one group's statements in turn.
class StatementReader {
 public:
  StatementReader(Bytes group, const GroupHead& head, const FeedStarts& feeds)
      : group_(group), head_(head), feeds_(feeds), in_(group.subspan(head.statements_at)) {}

  // False if the statement makes no sense; problem() says why.
  bool next(Statement& statement) {
    statement.package = head_.package;
    statement.key_kind = head_.key_kind;
    statement.advisory = in_.u32();
    const std::uint8_t word = in_.u8();
    statement.scheme = static_cast<version::Scheme>(in_.u8());
    const std::uint8_t shape = in_.u8();
    statement.id = text();
    statement.severity = text();
    std::uint32_t ranges = shape & format::kManyRanges;
    if (ranges == format::kManyRanges) ranges = in_.u32();
    const std::uint32_t versions = (shape & format::kHasVersions) != 0 ? in_.u32() : 0;
    const std::uint32_t architectures = (shape & format::kHasArchitectures) != 0 ? in_.u32() : 0;
    const std::uint32_t products = (shape & format::kHasProducts) != 0 ? in_.u32() : 0;
    statement.module = (shape & format::kHasModule) != 0 ? text() : std::string_view();
    if (!in_.ok()) return refuse("ends within a statement");
    if ((word & 0xf) > static_cast<unsigned>(advisory::Status::not_affected) ||
        word >> 4 > static_cast<unsigned>(advisory::Kind::unmaintained))
      return refuse("unknown status or kind");
    if (statement.advisory >= feeds_.advisories) return refuse("advisory number too high");
    statement.status = static_cast<advisory::Status>(word & 0xf);
    statement.kind = static_cast<advisory::Kind>(word >> 4);
    statement.feed = feeds_.feed_of(statement.advisory);
    return list(ranges, 3, statement.ranges) && list(versions, 1, statement.versions) &&
           list(architectures, 1, statement.architectures) && list(products, 1, statement.products);
  }
  bool finished() const { return in_.finished(); }
  std::string_view problem() const { return problem_; }
  std::size_t position() const { return head_.statements_at + in_.position(); }

 private:
  bool refuse(std::string_view problem) {
    problem_ = problem;
    return false;
  }
  std::uint32_t reference() { return head_.width == 2 ? in_.u16() : in_.u32(); }
  std::string_view text() {
    const std::uint32_t at = reference();
    if (!is_in_pool(head_.pool, at)) {
      if (in_.ok()) problem_ = "string outside of the pool";
      in_.raw(in_.remaining() + 1);  // no way on
      return {};
    }
    return format::pool_text(head_.pool.data(), at);
  }
  template <class T>
  bool list(std::uint32_t count, std::uint32_t references_each, List<T>& list) {
    list = {};
    if (count == 0) return true;
    const std::uint64_t references = std::uint64_t{count} * references_each;
    if (references * head_.width > in_.remaining()) return refuse("list longer than its group");
    list = List<T>(group_.data(), static_cast<std::uint32_t>(position()), count);
    for (std::uint64_t i = 0; i < references; ++i)
      if (!is_in_pool(head_.pool, reference())) return refuse("string outside of the pool");
    return true;
  }

  Bytes group_;
  const GroupHead& head_;
  const FeedStarts& feeds_;
  Decoder in_;
  std::string_view problem_ = "damaged statement";
};

}  // namespace

template <>
std::string_view List<std::string_view>::decode(const std::uint8_t* group, std::uint32_t at, std::size_t index) {
  const std::uint8_t width = width_of(group);
  return format::pool_text(pool_of(group), format::load_reference(group + at + index * width, width));
}

template <>
RangeView List<RangeView>::decode(const std::uint8_t* group, std::uint32_t at, std::size_t index) {
  const std::uint8_t width = width_of(group);
  const std::uint8_t* pool = pool_of(group);
  const std::uint8_t* from = group + at + 3 * index * width;
  return {format::pool_text(pool, format::load_reference(from, width)),
          format::pool_text(pool, format::load_reference(from + width, width)),
          format::pool_text(pool, format::load_reference(from + std::size_t{2} * width, width))};
}

std::string_view FeedStarts::feed_of(AdvisoryNumber advisory) const {
  const auto after = std::upper_bound(starts.begin(), starts.end(), advisory);
  return names[static_cast<std::size_t>(after - starts.begin()) - 1];
}

Result<GroupHead> read_group_head(Bytes group, std::uint32_t number) {
  Decoder in(group);
  const std::uint64_t promised = in.u64();
  GroupHead head;
  const std::uint8_t key_kind = in.u8();
  head.width = in.u8();
  const std::uint16_t name_size = in.u16();
  head.statements = in.u32();
  const std::uint32_t pool_size = in.u32();
  if (!in.ok()) return fail(Code::invalid, {"group ", number, ": shorter than its head"});
  if (format::checksum(group.subspan(8), number) != promised)
    return fail(Code::mismatch, {"group ", number, ": wrong checksum"});
  head.package = in.raw(name_size);
  head.pool = base::as_bytes(in.raw(pool_size));
  head.statements_at = in.position();
  if (!in.ok() || head.pool.size() < 2) return fail(Code::invalid, {"group ", number, ": longer than it can be"});
  if (key_kind > static_cast<unsigned>(advisory::KeyKind::binary) || (head.width != 2 && head.width != 4))
    return fail(Code::invalid, {"group ", number, ": unknown key kind or width"});
  if (head.statements > in.remaining() / format::kStatementSizeMin)
    return fail(Code::invalid, {"group ", number, ": more statements than it can hold"});
  head.key_kind = static_cast<advisory::KeyKind>(key_kind);
  return head;
}

Result<void> read_statements(Bytes group, const GroupHead& head, const FeedStarts& feeds, const AdvisoryNumber* only,
                             std::vector<Statement>& out) {
  const std::size_t before = out.size();
  StatementReader reader(group, head, feeds);
  Statement statement;
  for (std::uint32_t i = 0; i < head.statements; ++i) {
    const std::size_t at = reader.position();
    if (!reader.next(statement)) {
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
