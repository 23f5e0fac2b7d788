// The pages of an SQLite database with what its write-ahead log holds, and the rows of its tables. Only what reading a
// whole table takes; nothing of the schema is executed. Private to the room.
// https://www.sqlite.org/fileformat2.html
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "inventory/notes.h"
#include "inventory/random_bytes.h"

namespace limpid::inventory {

inline constexpr std::size_t kSqlitePageMax = 65'536;

class SqlitePages {
 public:
  // `log` may be nullptr. What is wrong with the log is noted, and the database read without it. Both must outlive
  // this.
  static Result<SqlitePages> open(const RandomBytes& file, const RandomBytes* log, Notes& notes);

  std::uint32_t page_size() const { return page_size_; }
  std::uint32_t usable_size() const { return page_size_ - reserved_; }
  std::uint32_t count() const { return count_; }
  // Numbers begin at 1. The bytes live until the next call with the same buffer.
  Result<Bytes> page(std::uint32_t number, std::vector<std::uint8_t>& buffer) const;

 private:
  struct Frame {
    std::uint32_t page;
    std::uint32_t index;
  };
  void take_log(const RandomBytes& log, Notes& notes);
  Result<void> take_head(Notes& notes);

  const RandomBytes* file_ = nullptr;
  const RandomBytes* log_ = nullptr;
  std::vector<Frame> frames_;  // those of finished transactions, the latest of each page, by page
  std::uint32_t page_size_ = 0;
  std::uint32_t reserved_ = 0;
  std::uint32_t count_ = 0;
};

// The rows of table b-trees. Each page is read once, so that no file makes more work than its size.
class SqliteTables {
 public:
  explicit SqliteTables(const SqlitePages& pages) : pages_(pages), seen_(std::size_t{pages.count()} + 1) {}

  // Calls `take` with each row of the table whose first page is `root`: its number and its record, until that answers
  // false. Rows of more than `size_max` bytes and damaged ones are noted.
  void each_row(std::uint32_t root, std::size_t size_max,
                const std::function<bool(std::uint64_t number, Bytes record)>& take, Notes& notes);

 private:
  using Take = std::function<bool(std::uint64_t number, Bytes record)>;
  bool visit(std::uint32_t page);
  bool leaf(std::uint32_t number, Bytes page, std::size_t size_max, const Take& take, Notes& notes);
  void interior(std::uint32_t number, Bytes page, Notes& notes);
  Result<Bytes> payload(Bytes local, std::uint64_t size);

  const SqlitePages& pages_;
  std::vector<bool> seen_;
  std::vector<std::uint32_t> pending_;  // pages of the tree that is being read, the next one last
  std::vector<std::uint8_t> page_, overflow_, payload_;
};

// One column of a record.
struct SqliteValue {
  enum class Type : std::uint8_t { null, integer, real, blob, text };
  Type type = Type::null;
  std::int64_t integer = 0;
  Bytes bytes;  // of blobs and texts
};
// Nothing where the record is damaged before the column ends; null where it has fewer columns.
std::optional<SqliteValue> sqlite_column(Bytes record, std::size_t column);

}  // namespace limpid::inventory
