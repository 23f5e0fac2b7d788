#include "vulndb/directories.h"

#include <algorithm>
#include <tuple>

#include "version/ordering.h"
#include "vulndb/ranges.h"

namespace limpid::vulndb {

using format::Encoder;
using format::Section;

void append_entry(std::string& table, std::uint32_t hash, std::uint64_t offset) {
  Encoder entry;
  entry.u32(hash);
  entry.u32(static_cast<std::uint32_t>(offset));
  table += entry.bytes();
}

Result<void> write_offers(const Records& records, const std::vector<std::uint16_t>& rank,
                          std::vector<Directory>& directories, Output& output) {
  const auto text = [&](std::uint32_t string) { return records.strings[string]; };
  Encoder encoder;
  std::vector<std::tuple<std::uint16_t, std::uint32_t, std::string_view, const OfferRecord*>> order;
  order.reserve(records.offers.size());
  for (const OfferRecord& offer : records.offers)
    order.emplace_back(rank[offer.name_space], format::key_hash(offer.key_kind, text(offer.package)),
                       text(offer.package), &offer);
  const auto key = [](const auto& entry) {
    const OfferRecord& offer = *std::get<3>(entry);
    return std::tuple(std::get<0>(entry), std::get<1>(entry), std::get<2>(entry), offer.key_kind);
  };
  std::sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (key(a) != key(b)) return key(a) < key(b);
    const OfferRecord& first = *std::get<3>(a);
    const OfferRecord& second = *std::get<3>(b);
    return first.scheme != second.scheme ? first.scheme > second.scheme : text(first.version) < text(second.version);
  });
  output.begin(Section::offers);
  std::uint32_t number = 0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end, ++number) {
    const OfferRecord& offer = *std::get<3>(order[begin]);
    const version::Ordering* ordering = version::find_ordering(offer.scheme);
    std::string_view newest = text(offer.version);
    for (end = begin + 1; end < order.size() && key(order[end]) == key(order[begin]); ++end)
      if (std::get<3>(order[end])->scheme == offer.scheme)
        newest = greater(newest, text(std::get<3>(order[end])->version), ordering);
    const std::string_view package = text(offer.package);
    encoder.clear();
    encoder.u64(0);  // the checksum
    encoder.u8(static_cast<std::uint8_t>(offer.key_kind));
    encoder.u8(static_cast<std::uint8_t>(offer.scheme));
    encoder.u16(static_cast<std::uint16_t>(package.size()));
    encoder.u16(static_cast<std::uint16_t>(newest.size()));
    encoder.raw(package);
    encoder.raw(newest);
    encoder.patch_u64(0, format::checksum(encoder.view().subspan(8), number));
    Directory& directory = directories[std::get<0>(order[begin])];
    append_entry(directory.offer_table, std::get<1>(order[begin]), directory.offers_size);
    ++directory.offers;
    directory.offers_size += encoder.size();
    if (directory.offers_size > 0xffff'ffffU) return fail(Code::limit, {directory.name, ": more than 4 GiB of offers"});
    output.append(encoder.view());
  }
  for (Directory& directory : directories)
    if (directory.offers != 0) append_entry(directory.offer_table, 0xffff'ffffU, directory.offers_size);
  return {};
}

void write_tables(std::vector<Directory>& directories, Output& output) {
  output.begin(Section::tables);
  for (std::size_t i = 0; i < directories.size(); ++i) {
    Directory& directory = directories[i];
    directory.table_checksum = format::checksum(base::as_bytes(directory.table), format::table_seed(i, false));
    directory.offers_checksum = format::checksum(base::as_bytes(directory.offer_table), format::table_seed(i, true));
    output.append(base::as_bytes(directory.table));
    output.append(base::as_bytes(directory.offer_table));
    directory.table = {};
    directory.offer_table = {};
  }
}

void write_namespaces(const std::vector<Directory>& directories, Output& output) {
  Encoder encoder;
  encoder.varint(directories.size());
  for (const Directory& directory : directories) {
    encoder.text(directory.name);
    encoder.u64(directory.table_checksum);
    encoder.u64(directory.offers_checksum);
    encoder.u64(directory.order_checksum);
    encoder.varint(directory.groups);
    encoder.varint(directory.offers);
    encoder.varint(directory.ordered);
    encoder.varint(directory.statements);
    encoder.varint(directory.groups_size);
    encoder.varint(directory.offers_size);
    encoder.varint(directory.order_size);
  }
  output.begin(Section::namespaces);
  output.append(encoder.view());
}

}  // namespace limpid::vulndb
