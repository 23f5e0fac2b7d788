// Feed "distro-info": release dates from Debian's package distro-info-data, /usr/share/distro-info/{debian,ubuntu}.csv
// (https://debian.pages.debian.net/distro-info-data/), columns by their header.
//
// A record and a statement is a row.
#include <algorithm>
#include <filesystem>
#include <map>

#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/release_names.h"
#include "base/date.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kTableSizeMax = std::uint64_t{1} << 20;

class Table {
 public:
  static Result<Table> parse(std::string_view text) {
    Table table;
    const auto header = base::take_line(text);
    if (!header) return fail(Code::invalid, {"an empty table"});
    for (const auto column : base::split(*header, ',')) table.columns_.emplace_back(base::trim(column));
    for (const std::string_view needed : {"version", "series", "eol"}) {
      if (std::ranges::find(table.columns_, needed) == table.columns_.end()) {
        return fail(Code::invalid, {"no distro-info table: it has no column \"", needed, "\""});
      }
    }
    while (const auto line = base::take_line(text)) {
      if (!base::trim(*line).empty()) table.rows_.push_back(base::split(*line, ','));
    }
    return table;
  }

  std::size_t rows() const { return rows_.size(); }
  std::string_view cell(std::size_t row, std::string_view column) const {
    const auto at = static_cast<std::size_t>(std::ranges::find(columns_, column) - columns_.begin());
    return at < columns_.size() && at < rows_[row].size() ? base::trim(rows_[row][at]) : std::string_view{};
  }
  // Only what is a date.
  std::string date(std::size_t row, std::string_view column) const {
    const auto text = cell(row, column);
    return base::parse_date(text) ? std::string(text) : std::string();
  }

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string_view>> rows_;
};

void read_row(const Table& table, std::size_t row, bool ubuntu, FeedCounts& counts, Sink& sink) {
  ++counts.records;
  ++counts.statements;
  const auto version = table.cell(row, "version");
  EndOfLife dates;
  dates.name_space = ubuntu ? ubuntu_namespace(version) : debian_namespace(version);
  if (dates.name_space.empty()) return counts.drop("no release number");
  dates.codename = table.cell(row, "series");
  dates.released = table.date(row, "release");
  dates.standard = table.date(row, "eol");
  dates.extended = ubuntu ? std::string() : table.date(row, "eol-lts");
  dates.paid = table.date(row, ubuntu ? "eol-esm" : "eol-elts");
  sink.end_of_life(std::move(dates));
}

class DistroInfoFeed final : public Feed {
 public:
  std::string_view name() const override { return "distro-info"; }
  std::string_view description() const override {
    return "end-of-life dates of Debian and Ubuntu: /usr/share/distro-info, or its debian.csv or ubuntu.csv";
  }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    LIMPID_ASSIGN(const auto paths, list_inputs(input.path, {"debian.csv", "ubuntu.csv"}));
    for (const auto& path : paths) {
      LIMPID_ASSIGN(const auto text, read_input(path, kTableSizeMax));
      LIMPID_ASSIGN_WITHIN(const auto table, Table::parse(text), {path});
      const bool ubuntu = std::filesystem::path(path).filename().native().contains("ubuntu");
      for (std::size_t row = 0; row < table.rows(); ++row) read_row(table, row, ubuntu, counts, sink);
    }
    return counts;
  }
};

}  // namespace

const Feed& distro_info_feed() {
  static const DistroInfoFeed feed;
  return feed;
}

}  // namespace limpid::advisory
