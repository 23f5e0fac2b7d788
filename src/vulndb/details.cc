#include "vulndb/details.h"

#include <algorithm>
#include <tuple>

#include "vulndb/short_forms.h"

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

// Most references hold the id, and without it are the same from advisory to advisory: a byte takes its place. A
// reference that has such a byte itself is marked by another, and stays as it is.
constexpr char kIdHere = '\x01', kAsItIs = '\x02';

std::string without_id(const std::string& reference, std::string_view id) {
  if (reference.find(kIdHere) != std::string::npos || reference.starts_with(kAsItIs)) return kAsItIs + reference;
  const std::size_t at = id.empty() ? std::string::npos : reference.find(id);
  if (at == std::string::npos) return reference;
  return reference.substr(0, at) + kIdHere + reference.substr(at + id.size());
}

void put_id(std::string& reference, std::string_view id) {
  if (reference.starts_with(kAsItIs)) {
    reference.erase(0, 1);
  } else if (const std::size_t at = reference.find(kIdHere); at != std::string::npos) {
    reference.replace(at, 1, id);
  }
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
  out.text(details.severity);
  encode_time(details.published, out);
  encode_time(details.modified, out);
  out.text(details.title);
  out.text(details.description);
  encode_words(details.aliases, out);
  encode_words(details.upstream, out);
  out.varint(details.cvss.size());
  for (const advisory::Cvss& cvss : details.cvss) encode_vector(cvss.version, cvss.vector, out);
  out.varint(details.references.size());
  for (const std::string& reference : details.references) out.text(without_id(reference, details.id));
}

StoredDetails decode_details(Decoder& in) {
  StoredDetails details;
  details.id = in.text();
  details.kind = static_cast<advisory::Kind>(in.u8());
  details.severity = in.text();
  details.published = decode_time(in);
  details.modified = decode_time(in);
  details.title = in.text();
  details.description = in.text();
  details.aliases = decode_words(in);
  details.upstream = decode_words(in);
  const std::size_t count = in.count(2);
  details.cvss.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    advisory::Cvss& cvss = details.cvss.emplace_back();
    decode_vector(in, cvss.version, cvss.vector);
  }
  details.references = decode_words(in);
  for (std::string& reference : details.references) put_id(reference, details.id);
  return details;
}

std::string_view skip_details(Decoder& in) {
  const std::string_view id = in.text();
  in.u8();
  in.text();
  decode_time(in);
  decode_time(in);
  for (int text = 0; text < 2; ++text) in.text();
  skip_words(in);
  skip_words(in);
  const std::size_t count = in.count(2);
  std::string version, vector;
  for (std::size_t i = 0; i < count && in.ok(); ++i) decode_vector(in, version, vector);
  skip_words(in);
  return id;
}

}  // namespace limpid::vulndb
