#include "vulndb/details.h"

#include <algorithm>
#include <tuple>

namespace limpid::vulndb {
namespace {

using format::Decoder;
using format::Encoder;

void sort_unique(std::vector<std::string>& words) {
  std::erase(words, std::string());
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

bool cvss_less(const advisory::Cvss& a, const advisory::Cvss& b) {
  return std::tie(a.version, a.vector) < std::tie(b.version, b.vector);
}
bool cvss_equal(const advisory::Cvss& a, const advisory::Cvss& b) {
  return a.version == b.version && a.vector == b.vector;
}

void append(std::vector<std::string>& to, std::vector<std::string>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void take_longer(std::string& into, std::string&& other) {
  if (other.size() > into.size() || (other.size() == into.size() && other < into)) into = std::move(other);
}
// The smaller of those that say anything.
void take_smaller(std::string& into, std::string&& other) {
  if (into.empty() || (!other.empty() && other < into)) into = std::move(other);
}

// Malware is malware whatever else is said; "unmaintained" is the weakest word.
int weight(advisory::Kind kind) {
  if (kind == advisory::Kind::malware) return 2;
  return kind == advisory::Kind::vulnerability ? 1 : 0;
}

void encode_words(const std::vector<std::string>& words, Encoder& out) {
  out.varint(words.size());
  for (const std::string& word : words) out.text(word);
}
std::vector<std::string> decode_words(Decoder& in) {
  std::vector<std::string> words;
  const std::size_t count = in.count(1);
  words.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) words.emplace_back(in.text());
  return words;
}
void skip_words(Decoder& in) {
  const std::size_t count = in.count(1);
  for (std::size_t i = 0; i < count && in.ok(); ++i) in.text();
}

}  // namespace

void normalise(StoredDetails& details) {
  std::erase(details.aliases, details.id);
  sort_unique(details.aliases);
  sort_unique(details.upstream);
  sort_unique(details.references);
  std::sort(details.cvss.begin(), details.cvss.end(), cvss_less);
  details.cvss.erase(std::unique(details.cvss.begin(), details.cvss.end(), cvss_equal), details.cvss.end());
}

void merge(StoredDetails& into, StoredDetails&& other) {
  if (weight(other.kind) > weight(into.kind)) into.kind = other.kind;
  take_smaller(into.severity, std::move(other.severity));
  take_smaller(into.published, std::move(other.published));
  if (other.modified > into.modified) into.modified = std::move(other.modified);
  take_longer(into.title, std::move(other.title));
  take_longer(into.description, std::move(other.description));
  append(into.aliases, std::move(other.aliases));
  append(into.upstream, std::move(other.upstream));
  append(into.references, std::move(other.references));
  into.cvss.insert(into.cvss.end(), std::make_move_iterator(other.cvss.begin()),
                   std::make_move_iterator(other.cvss.end()));
  normalise(into);
}

void encode(const StoredDetails& details, Encoder& out) {
  out.text(details.id);
  out.u8(static_cast<std::uint8_t>(details.kind));
  for (const std::string* text :
       {&details.severity, &details.published, &details.modified, &details.title, &details.description})
    out.text(*text);
  encode_words(details.aliases, out);
  encode_words(details.upstream, out);
  out.varint(details.cvss.size());
  for (const advisory::Cvss& cvss : details.cvss) {
    out.text(cvss.version);
    out.text(cvss.vector);
  }
  encode_words(details.references, out);
}

StoredDetails decode_details(Decoder& in) {
  StoredDetails details;
  details.id = in.text();
  details.kind = static_cast<advisory::Kind>(in.u8());
  for (std::string* text :
       {&details.severity, &details.published, &details.modified, &details.title, &details.description})
    *text = in.text();
  details.aliases = decode_words(in);
  details.upstream = decode_words(in);
  const std::size_t count = in.count(2);
  details.cvss.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    std::string version(in.text());
    details.cvss.push_back({std::move(version), std::string(in.text())});
  }
  details.references = decode_words(in);
  return details;
}

std::string_view skip_details(Decoder& in) {
  const std::string_view id = in.text();
  in.u8();
  for (int text = 0; text < 5; ++text) in.text();
  skip_words(in);
  skip_words(in);
  const std::size_t count = in.count(2);
  for (std::size_t i = 0; i < 2 * count && in.ok(); ++i) in.text();
  skip_words(in);
  return id;
}

}  // namespace limpid::vulndb
