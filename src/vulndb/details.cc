#include "vulndb/details.h"

#include <algorithm>
#include <bit>
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

// Where texts go, and where they come from.
class TextsOut {
 public:
  TextsOut(Encoder& out, TextPool* pool) : out_(out), pool_(pool) {}
  void text(std::string_view text) { pool_ == nullptr ? out_.text(text) : out_.varint(pool_->number_of(text)); }
  void words(const std::vector<std::string>& words) {
    out_.varint(words.size());
    for (const std::string& word : words) text(word);
  }

 private:
  Encoder& out_;
  TextPool* pool_;
};

class TextsIn {
 public:
  TextsIn(Decoder& in, const std::vector<std::string_view>* pool) : in_(in), pool_(pool) {}
  std::string_view text() {
    if (pool_ == nullptr) return in_.text();
    const std::uint64_t number = in_.varint();
    if (number == 0) return {};
    if (number > pool_->size() || (*pool_)[number - 1].size() > format::kDetailsMax - size_) {
      in_.refuse();
      return {};
    }
    size_ += (*pool_)[number - 1].size();
    return (*pool_)[number - 1];
  }
  std::vector<std::string> words() {
    std::vector<std::string> words;
    const std::size_t count = in_.count(1);
    words.reserve(count);
    for (std::size_t i = 0; i < count && in_.ok(); ++i) words.emplace_back(text());
    return words;
  }

 private:
  Decoder& in_;
  const std::vector<std::string_view>* pool_;
  std::size_t size_ = 0;
};

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

std::uint64_t TextPool::number_of(std::string_view text) {
  if (text.empty()) return 0;
  const auto [found, is_new] = numbers_.try_emplace(std::string(text), texts_.size() + 1);
  if (is_new) {
    texts_.emplace_back(text);
    size_ += text.size();
  }
  return found->second;
}

void TextPool::clear() {
  texts_.clear();
  numbers_.clear();
  size_ = 0;
}

void encode(const StoredDetails& details, Encoder& out, TextPool* pool) {
  TextsOut texts(out, pool);
  texts.text(details.id);
  out.u8(static_cast<std::uint8_t>(details.kind));
  texts.text(details.severity);
  encode_time(details.published, out);
  encode_time(details.modified, out);
  texts.text(details.title);
  texts.text(details.description);
  texts.words(details.aliases);
  texts.words(details.upstream);
  out.varint(details.cvss.size());
  for (const advisory::Cvss& cvss : details.cvss) encode_vector(cvss.version, cvss.vector, out);
  out.varint(details.references.size());
  for (const std::string& reference : details.references) texts.text(without_id(reference, details.id));
}

StoredDetails decode_details(Decoder& in, const std::vector<std::string_view>* pool) {
  TextsIn texts(in, pool);
  StoredDetails details;
  details.id = texts.text();
  details.kind = static_cast<advisory::Kind>(in.u8());
  details.severity = texts.text();
  details.published = decode_time(in);
  details.modified = decode_time(in);
  details.title = texts.text();
  details.description = texts.text();
  details.aliases = texts.words();
  details.upstream = texts.words();
  const std::size_t count = in.count(2);
  details.cvss.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    advisory::Cvss& cvss = details.cvss.emplace_back();
    decode_vector(in, cvss.version, cvss.vector);
  }
  details.references = texts.words();
  for (std::string& reference : details.references) put_id(reference, details.id);
  return details;
}

DetailsPrint print_details(Decoder& in, const std::vector<std::string_view>& texts,
                           const std::vector<std::uint64_t>& hashes) {
  DetailsPrint print;
  const auto mix = [&](std::uint64_t value) {
    constexpr std::uint64_t kPrime = 0x9e37'79b9'7f4a'7c15;
    print.hash = std::rotl((print.hash ^ value) * kPrime, 29);
  };
  const auto text = [&]() -> std::string_view {
    const std::uint64_t number = in.varint();
    if (number > texts.size()) in.refuse();
    mix(number == 0 || !in.ok() ? 0 : hashes[number - 1]);
    return number == 0 || !in.ok() ? std::string_view() : texts[number - 1];
  };
  const auto words = [&] {
    const std::size_t count = in.count(1);
    mix(count);
    for (std::size_t i = 0; i < count && in.ok(); ++i) text();
  };
  const auto inline_text = [&] { mix(format::checksum(base::as_bytes(in.text()), 1)); };
  print.id = text();
  mix(in.u8());
  text();
  for (int time = 0; time < 2; ++time) {
    const std::uint64_t value = in.varint();
    mix(value);
    if (value == 0) inline_text();
    if (value != 0 && value % 2 == 0) mix(in.varint());
  }
  for (int one = 0; one < 2; ++one) text();
  for (int list = 0; list < 2; ++list) words();
  const std::size_t vectors = in.count(2);
  mix(vectors);
  for (std::size_t i = 0; i < vectors && in.ok(); ++i) {
    const std::uint8_t form = in.u8();
    mix(form);
    if (form != 0) {
      mix(in.varint());
    } else {
      for (int one = 0; one < 2; ++one) inline_text();
    }
  }
  words();
  return print;
}

}  // namespace limpid::vulndb
