#include "vulndb/texts_writer.h"

#include <algorithm>

#include "vulndb/cve_ids.h"

namespace limpid::vulndb {
namespace {

using format::Encoder;
using format::Section;

constexpr std::uint64_t kTextsMax = 0xffff'ffffU - format::kTextBlockMax;  // offsets have 32 bits
// Of the length before each text.
constexpr std::size_t kLengthMax = 4;

}  // namespace

TextsWriter::TextsWriter(Output& output) : output_(output) { output_.begin(Section::texts); }

Result<void> TextsWriter::add(const StoredDetails& details, std::uint64_t places) {
  // What several feeds say under one id stays together: they often say it in the same words.
  const std::size_t size = pool_.size() + kLengthMax * pool_.texts().size() + records_.size();
  if (size >= (details.id == last_id_ ? format::kTextBlockFull : format::kTextBlockTarget)) close_block();
  last_id_ = details.id;
  record_.clear();
  record_.varint(details.feed);
  encode(details, record_, &pool_);
  record_.varint(places);
  records_.varint(record_.size());
  records_.raw(record_.bytes());
  ++next_;
  if (position_ > kTextsMax) return fail(Code::limit, {"texts: more than ", kTextsMax, " bytes"});
  return {};
}

// A block: its texts, then its advisories.
void TextsWriter::close_block() {
  if (records_.size() == 0) return;
  block_.clear();
  block_.varint(pool_.texts().size());
  for (const std::string& text : pool_.texts()) block_.text(text);
  block_.raw(records_.bytes());
  index_.u32(first_);
  index_.u32(static_cast<std::uint32_t>(position_));
  index_.u32(format::short_checksum(block_.view(), blocks_++));
  position_ += block_.size();
  output_.append(block_.view());
  pool_.clear();
  records_.clear();
  first_ = next_;
}

void TextsWriter::finish() {
  close_block();
  output_.begin(Section::text_blocks);
  output_.append(index_.view());
}

void encode_flaws(const StoredDetails& details, Encoder& out) {
  std::vector<std::uint32_t> keys;
  std::vector<std::string_view> others;  // CVE ids of an unusual form
  if (cve_in(details.id).empty())
    for (const auto* names : {&details.aliases, &details.upstream})
      for (const std::string_view name : *names) {
        const std::string_view cve = cve_in(name);
        if (cve.empty()) continue;
        if (const auto key = cve_key(cve)) {
          keys.push_back(*key);
        } else {
          others.push_back(cve);
        }
      }
  if (keys.empty() && others.empty()) return;
  std::ranges::sort(keys);
  keys.erase(std::ranges::unique(keys).begin(), keys.end());
  std::ranges::sort(others);
  others.erase(std::ranges::unique(others).begin(), others.end());
  out.varint(keys.size());
  std::uint32_t previous = 0;
  for (const std::uint32_t key : keys) {
    out.varint(key - previous);
    previous = key;
  }
  out.varint(others.size());
  for (const std::string_view other : others) out.text(other);
}

void IdsWriter::add(std::uint32_t advisory, const StoredDetails& details) {
  const std::size_t start = ids_.size();
  ids_.emplace_back(format::id_hash(details.id), advisory);
  for (const std::string& alias : details.aliases) ids_.emplace_back(format::id_hash(alias), advisory);
  const auto own = ids_.begin() + static_cast<std::ptrdiff_t>(start);
  std::sort(own, ids_.end());
  ids_.erase(std::unique(own, ids_.end()), ids_.end());
}

void IdsWriter::write(Output& output) {
  std::sort(ids_.begin(), ids_.end());
  Encoder page, pages;
  output.begin(Section::ids);
  for (std::size_t begin = 0; begin < ids_.size(); begin += format::kIdsPerPage) {
    page.clear();
    const std::size_t end = std::min(begin + format::kIdsPerPage, ids_.size());
    for (std::size_t i = begin; i < end; ++i) {
      page.u32(ids_[i].first);
      page.u32(ids_[i].second);
    }
    pages.u32(ids_[begin].first);
    pages.u64(format::checksum(page.view(), begin / format::kIdsPerPage));
    output.append(page.view());
  }
  output.begin(Section::id_pages);
  output.append(pages.view());
}

}  // namespace limpid::vulndb
