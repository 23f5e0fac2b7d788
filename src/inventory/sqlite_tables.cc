// The rows of SQLite's tables (sqlite_pages.h): table b-trees, overflow pages and records, sections 1.6, 1.7 and 2.1 of
// the file format's page.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "inventory/sqlite_pages.h"

namespace limpid::inventory {
namespace {

constexpr std::uint8_t kInterior = 0x05;
constexpr std::uint8_t kLeaf = 0x0d;
constexpr std::uint64_t kCellMin = 4;   // what a shorter one takes, so that it can become a free block
constexpr std::size_t kFileHead = 100;  // at the beginning of page 1

// 1.6: up to nine bytes, seven bits each but for the ninth. Nothing where they end early.
std::optional<std::uint64_t> take_varint(Bytes& bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 9 && i < bytes.size(); ++i) {
    if (i == 8) {
      value = value << 8 | bytes[i];
    } else {
      value = value << 7 | (bytes[i] & 0x7fU);
    }
    if (i == 8 || (bytes[i] & 0x80) == 0) {
      bytes = bytes.subspan(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

// 1.6: how much of a payload stands on the leaf itself.
std::uint64_t local_size(std::uint64_t size, std::uint64_t usable) {
  const std::uint64_t most = usable - 35;
  if (size <= most) return size;
  const std::uint64_t least = (usable - 12) * 32 / 255 - 23;
  const std::uint64_t fitting = least + (size - least) % (usable - 4);
  return fitting <= most ? fitting : least;
}

// 1.6: from where its content begins, a page is cells, free blocks and fragments and nothing else. One that lost its
// count of cells would lose rows unseen.
bool adds_up(Bytes page, std::size_t head, std::size_t usable, std::size_t in_cells) {
  const auto half = [&](std::size_t at) -> std::size_t { return base::load_be<std::uint16_t>(page.data() + at); };
  const std::size_t begin = half(head + 5) == 0 ? kSqlitePageMax : half(head + 5);
  std::size_t used = in_cells + page[head + 7];
  for (std::size_t block = half(head + 1), last = 0; block != 0;) {
    if (block <= last || block + 4 > usable) return false;  // they ascend
    last = block;
    used += half(block + 2);
    block = half(block);
  }
  return begin + used == usable;
}

std::size_t head_at(std::uint32_t number) { return number == 1 ? kFileHead : 0; }

}  // namespace

// False for a page that was read before or that is none.
bool SqliteTables::visit(std::uint32_t page) {
  if (page == 0 || page >= seen_.size() || seen_[page]) return false;
  seen_[page] = true;
  return true;
}

// A payload of `size` bytes, of which `local` stand on its leaf, followed by the number of its first overflow page.
Result<Bytes> SqliteTables::payload(Bytes local, std::uint64_t size) {
  const std::uint64_t here = local_size(size, pages_.usable_size());
  if (local.size() < here + (here < size ? 4 : 0)) return fail(Code::invalid, {"it is cut off"});
  if (here == size) return local.first(size);
  payload_.assign(local.begin(), local.begin() + static_cast<std::ptrdiff_t>(here));
  auto next = base::load_be<std::uint32_t>(local.data() + here);
  while (payload_.size() < size) {
    if (!visit(next)) {
      return fail(Code::invalid, {"its overflow page ", next, " is not there, or was used before; it has ",
                                  payload_.size(), " of ", size, " bytes"});
    }
    LIMPID_ASSIGN_WITHIN(const Bytes page, pages_.page(next, overflow_), {"its overflow page ", next});
    next = base::load_be<std::uint32_t>(page.data());
    const Bytes part = page.subspan(4, std::min<std::uint64_t>(pages_.usable_size() - 4, size - payload_.size()));
    payload_.insert(payload_.end(), part.begin(), part.end());
  }
  return Bytes(payload_);
}

bool SqliteTables::leaf(std::uint32_t number, Bytes page, std::size_t size_max, const Take& take, Notes& notes) {
  const std::size_t head = head_at(number);
  const std::size_t count = base::load_be<std::uint16_t>(page.data() + head + 3);
  const std::size_t cells = head + 8;
  std::uint64_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t pointer = cells + 2 * i;
    const std::size_t at = pointer + 2 <= page.size() ? base::load_be<std::uint16_t>(page.data() + pointer) : 0;
    if (at < cells || at >= pages_.usable_size()) {
      notes.add(SkipReason::damaged, {"page ", number, " has no row ", i, " of its ", count});
      return true;
    }
    const Bytes whole = page.subspan(at, pages_.usable_size() - at);
    Bytes cell = whole;
    const auto size = take_varint(cell);
    const auto row = take_varint(cell);
    if (!size || !row) {
      notes.add(SkipReason::damaged, {"row ", i, " of page ", number, " is cut off"});
      continue;
    }
    const std::uint64_t local = local_size(*size, pages_.usable_size());
    const std::uint64_t length = whole.size() - cell.size() + local + (local < *size ? 4 : 0);
    used += std::max<std::uint64_t>(length, kCellMin);
    if (used > page.size()) {
      notes.add(SkipReason::damaged, {"the rows of page ", number, " overlap"});
      return true;
    }
    if (*size > size_max) {
      notes.add(SkipReason::too_big,
                {"row ", *row, " on page ", number, " has ", *size, " bytes; at most ", size_max, " are read"});
      continue;
    }
    const auto record = payload(cell, *size);
    if (!record) {
      notes.add(SkipReason::damaged, {"row ", *row, " on page ", number, ": ", record.error().describe()});
    } else if (!take(*row, *record)) {
      return false;
    }
  }
  if (!adds_up(page, head, pages_.usable_size(), used)) {
    notes.add(SkipReason::damaged, {"page ", number, " does not consist of its ", count, " rows"});
  }
  return true;
}

void SqliteTables::interior(std::uint32_t number, Bytes page, Notes& notes) {
  const std::size_t head = head_at(number);
  const std::size_t count = base::load_be<std::uint16_t>(page.data() + head + 3);
  const std::size_t cells = head + 12;
  const auto push = [&](std::uint32_t child) {
    if (visit(child)) {
      pending_.push_back(child);
    } else {
      notes.add(SkipReason::damaged,
                {"page ", number, " leads to page ", child, ", which is not there or was read before"});
    }
  };
  const std::size_t before = pending_.size();
  std::size_t used = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t pointer = cells + 2 * i;
    const std::size_t at = pointer + 2 <= page.size() ? base::load_be<std::uint16_t>(page.data() + pointer) : 0;
    if (at < cells || at + 4 > pages_.usable_size()) {
      notes.add(SkipReason::damaged, {"page ", number, " has no child ", i, " of its ", count});
      break;
    }
    push(base::load_be<std::uint32_t>(page.data() + at));
    Bytes key = page.subspan(at + 4, pages_.usable_size() - at - 4);
    const std::size_t left = key.size();
    if (take_varint(key)) used += 4 + left - key.size();
  }
  push(base::load_be<std::uint32_t>(page.data() + head + 8));
  if (!adds_up(page, head, pages_.usable_size(), used)) {
    notes.add(SkipReason::damaged, {"page ", number, " does not consist of its ", count, " children"});
  }
  std::reverse(pending_.begin() + static_cast<std::ptrdiff_t>(before), pending_.end());
}

void SqliteTables::each_row(std::uint32_t root, std::size_t size_max, const Take& take, Notes& notes) {
  pending_.clear();
  if (visit(root)) {
    pending_.push_back(root);
  } else {
    notes.add(SkipReason::damaged, {"the table's first page, ", root, ", is not there"});
  }
  while (!pending_.empty()) {
    const std::uint32_t number = pending_.back();
    pending_.pop_back();
    const auto page = pages_.page(number, page_);
    if (!page) {
      const auto reason = page.error().code() == Code::truncated ? SkipReason::truncated : SkipReason::unreadable;
      notes.add(reason, {"page ", number, ": ", page.error().describe()});
      continue;
    }
    const std::uint8_t type = (*page)[head_at(number)];
    if (type == kInterior) {
      interior(number, *page, notes);
    } else if (type != kLeaf) {
      notes.add(SkipReason::damaged, {"page ", number, " is of type ", type, ", which is none of a table's"});
    } else if (!leaf(number, *page, size_max, take, notes)) {
      return;
    }
  }
}

std::optional<SqliteValue> sqlite_column(Bytes record, std::size_t column) {
  Bytes head = record;
  const auto head_size = take_varint(head);
  if (!head_size || *head_size > record.size() || *head_size < record.size() - head.size()) return std::nullopt;
  head = record.subspan(record.size() - head.size(), *head_size - (record.size() - head.size()));
  Bytes body = record.subspan(*head_size);
  for (std::size_t i = 0;; ++i) {
    if (head.empty()) return SqliteValue{};
    const auto type = take_varint(head);
    if (!type) return std::nullopt;
    constexpr std::array<std::uint64_t, 10> kIntegerSizes = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    const std::uint64_t size = *type >= 12 ? (*type - 12) / 2 : *type < 10 ? kIntegerSizes.at(*type) : 0;
    if (size > body.size()) return std::nullopt;
    if (i < column) {
      body = body.subspan(size);
      continue;
    }
    SqliteValue value;
    value.bytes = body.first(size);
    if (*type >= 12) {
      value.type = *type % 2 == 0 ? SqliteValue::Type::blob : SqliteValue::Type::text;
    } else if (*type == 7) {
      value.type = SqliteValue::Type::real;
    } else if (*type == 8 || *type == 9) {
      value.type = SqliteValue::Type::integer;
      value.integer = static_cast<std::int64_t>(*type - 8);
    } else if (*type >= 1 && *type <= 6) {
      value.type = SqliteValue::Type::integer;
      std::uint64_t bits = (value.bytes[0] & 0x80) != 0 ? ~std::uint64_t{0} : 0;
      for (const std::uint8_t byte : value.bytes) bits = bits << 8 | byte;
      value.integer = static_cast<std::int64_t>(bits);
    }
    return value;
  }
}

}  // namespace limpid::inventory
