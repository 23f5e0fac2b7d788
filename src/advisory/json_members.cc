#include "advisory/json_members.h"

#include <vector>

namespace limpid::advisory {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

int hex_digit(char c) {
  if (base::is_digit(c)) return c - '0';
  const char small = base::to_lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// The four hex digits at `at`, or -1.
int code_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

void append_utf8(std::string& to, unsigned code) {
  const auto byte = [&](unsigned value) { to.push_back(static_cast<char>(value)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0 | code >> 6);
    byte(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    byte(0xE0 | code >> 12);
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  } else {
    byte(0xF0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3F));
    byte(0x80 | (code >> 6 & 0x3F));
    byte(0x80 | (code & 0x3F));
  }
}

// The text of a JSON string without its quotes, escapes resolved; false where an escape is none.
bool unescape(std::string_view raw, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] != '\\') {
      out.push_back(raw[i]);
      continue;
    }
    if (++i == raw.size()) return false;
    constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (const auto known = kEscapes.find(raw[i]); known != std::string_view::npos) {
      out.push_back(kMeanings[known]);
      continue;
    }
    if (raw[i] != 'u') return false;
    const int unit = code_unit(raw, i + 1);
    if (unit < 0) return false;
    i += 4;
    auto code = static_cast<unsigned>(unit);
    if (code >= 0xD800 && code < 0xE000) {
      // Half of a surrogate pair: the other half must follow.
      const int low = i + 2 < raw.size() && raw[i + 1] == '\\' && raw[i + 2] == 'u' ? code_unit(raw, i + 3) : -1;
      if (code >= 0xDC00 || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<unsigned>(low) - 0xDC00);
      i += 6;
    }
    append_utf8(out, code);
  }
  return true;
}

class Splitter {
 public:
  Splitter(archive::Source& source, const MemberLimits& limits) : source_(source), limits_(limits) {}

  Result<void> run(unsigned depth, const MemberVisitor& visit);
  Result<bool> run_array(std::string_view key, const ArrayVisitor& visit);
  Result<void> run_elements(const ElementVisitor& visit);

 private:
  // Makes chunk_[at_] readable; false at the end of the document.
  Result<bool> fill();
  // The next byte that is no blank, not yet consumed.
  Result<char> next_token(std::string_view expected);
  Result<void> expect(char wanted, std::string_view what);
  Result<void> read_key(std::string& key);
  Result<void> capture(std::string& value);
  // The rest of an array whose '[' is consumed: `use` gets each element.
  template <class Use>
  Result<void> each_element(const Use& use);
  // The rest of an object whose '{' is consumed: `use` gets each key with the first byte of its value, which it reads.
  template <class Use>
  Result<void> each_member(const Use& use);
  Result<void> expect_end();
  std::unexpected<Error> invalid(std::string_view expected) const {
    return fail(Code::invalid, {"JSON: expected ", expected, " at offset ", offset_ + at_});
  }

  archive::Source& source_;
  MemberLimits limits_;
  std::string_view chunk_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;  // of chunk_ in the document
  std::string raw_key_;
};

Result<bool> Splitter::fill() {
  while (at_ == chunk_.size()) {
    offset_ += chunk_.size();
    at_ = 0;
    LIMPID_ASSIGN(const auto bytes, source_.next());
    chunk_ = base::as_text(bytes);
    if (chunk_.empty()) return false;
  }
  return true;
}

Result<char> Splitter::next_token(std::string_view expected) {
  for (;; ++at_) {
    LIMPID_ASSIGN(const bool more, fill());
    if (!more) return fail(Code::truncated, {"JSON ends at offset ", offset_, ", expected ", expected});
    if (!is_blank(chunk_[at_])) return chunk_[at_];
  }
}

Result<void> Splitter::expect(char wanted, std::string_view what) {
  LIMPID_ASSIGN(const char found, next_token(what));
  if (found != wanted) return invalid(what);
  ++at_;
  return {};
}

Result<void> Splitter::read_key(std::string& key) {
  LIMPID_TRY(expect('"', "a key"));
  raw_key_.clear();
  for (bool escaped = false;; ++at_) {
    LIMPID_ASSIGN(const bool more, fill());
    if (!more) return fail(Code::truncated, {"JSON ends inside a key at offset ", offset_});
    const char c = chunk_[at_];
    if (!escaped && c == '"') break;
    escaped = !escaped && c == '\\';
    if (raw_key_.size() == limits_.key_size_max) {
      return fail(Code::limit, {"JSON: key longer than ", limits_.key_size_max, " bytes at offset ", offset_ + at_});
    }
    raw_key_.push_back(c);
  }
  ++at_;
  if (!unescape(raw_key_, key)) return invalid("a valid escape in the key before");
  return expect(':', "':'");
}

// Copies one value of any kind: finds its end by counting brackets outside of strings.
Result<void> Splitter::capture(std::string& value) {
  value.clear();
  std::uint64_t nesting = 0;
  bool in_string = false, escaped = false, done = false;
  while (!done) {
    LIMPID_ASSIGN(const bool more, fill());
    if (!more) return fail(Code::truncated, {"JSON ends inside a value at offset ", offset_});
    std::size_t end = at_;
    bool stop = false;  // the value ended before chunk_[end]
    while (end < chunk_.size() && !done && !stop) {
      // Most of a document is inside of strings: a loop that does nothing else is several times as fast.
      if (in_string && !escaped)
        while (end + 1 < chunk_.size() && chunk_[end] != '"' && chunk_[end] != '\\') ++end;
      const char c = chunk_[end];
      if (in_string) {
        if (escaped) {
          escaped = false;
        } else if (c == '\\') {
          escaped = true;
        } else if (c == '"') {
          in_string = false;
          done = nesting == 0;
        }
      } else if (c == '"') {
        in_string = true;
      } else if (c == '{' || c == '[') {
        ++nesting;
      } else if (nesting > 0) {
        if (c == '}' || c == ']') done = --nesting == 0;
      } else {
        stop = c == ',' || c == '}' || c == ']' || is_blank(c);
      }
      if (!stop) ++end;
    }
    if (value.size() + (end - at_) > limits_.value_size_max) {
      return fail(Code::limit,
                  {"JSON: a member larger than ", limits_.value_size_max, " bytes at offset ", offset_ + at_});
    }
    value.append(chunk_.substr(at_, end - at_));
    at_ = end;
    done = done || stop;
  }
  if (value.empty()) return invalid("a value");
  return {};
}

Result<void> Splitter::run(unsigned depth, const MemberVisitor& visit) {
  std::vector<std::string> keys(depth);
  std::string value;
  unsigned level = 0;  // objects that are open
  bool first = true;   // nothing yet in the innermost of them
  LIMPID_TRY(expect('{', "an object"));
  level = 1;
  while (level > 0) {
    LIMPID_ASSIGN(const char token, next_token("a key or '}'"));
    if (token == '}') {
      ++at_;
      --level;
      first = false;
      continue;
    }
    if (!first) {
      LIMPID_TRY(expect(',', "',' or '}'"));
    }
    LIMPID_TRY(read_key(keys[level - 1]));
    LIMPID_TRY(next_token("a value"));
    if (level < depth) {
      LIMPID_TRY_WITHIN(expect('{', "an object"), {"member ", keys[level - 1]});
      ++level;
      first = true;
      continue;
    }
    LIMPID_TRY(capture(value));
    LIMPID_TRY(visit(keys, value));
    first = false;
  }
  return expect_end();
}

template <class Use>
Result<void> Splitter::each_element(const Use& use) {
  std::string value;
  for (bool first = true;; first = false) {
    LIMPID_ASSIGN(const char token, next_token("an element or ']'"));
    if (token == ']') break;
    if (!first) {
      LIMPID_TRY(expect(',', "',' or ']'"));
      LIMPID_TRY(next_token("an element"));
    }
    LIMPID_TRY(capture(value));
    LIMPID_TRY(use(value));
  }
  ++at_;
  return {};
}

template <class Use>
Result<void> Splitter::each_member(const Use& use) {
  std::string key;
  for (bool first = true;; first = false) {
    LIMPID_ASSIGN(const char token, next_token("a key or '}'"));
    if (token == '}') break;
    if (!first) {
      LIMPID_TRY(expect(',', "',' or '}'"));
    }
    LIMPID_TRY(read_key(key));
    LIMPID_ASSIGN(const char begin, next_token("a value"));
    LIMPID_TRY(use(key, begin));
  }
  ++at_;
  return {};
}

Result<bool> Splitter::run_array(std::string_view key, const ArrayVisitor& visit) {
  LIMPID_ASSIGN(const char root, next_token("an object or an array"));
  bool found = root == '[';
  if (found) {
    ++at_;
    LIMPID_TRY(each_element(visit));
  } else {
    LIMPID_TRY(expect('{', "an object or an array"));
    std::string other;
    const auto member = [&](const std::string& name, char begin) -> Result<void> {
      if (name != key || begin != '[') return capture(other);
      found = true;
      ++at_;
      return each_element(visit);
    };
    LIMPID_TRY(each_member(member));
  }
  LIMPID_TRY(expect_end());
  return found;
}

Result<void> Splitter::expect_end() {
  for (;; ++at_) {
    LIMPID_ASSIGN(const bool more, fill());
    if (!more) return {};
    if (!is_blank(chunk_[at_])) return invalid("nothing more");
  }
}

Result<void> Splitter::run_elements(const ElementVisitor& visit) {
  LIMPID_ASSIGN(const char root, next_token("an object or an array"));
  if (root == '[') {
    ++at_;
    const std::string none;
    LIMPID_TRY(each_element([&](std::string& value) { return visit(none, value); }));
    return expect_end();
  }
  LIMPID_TRY(expect('{', "an object or an array"));
  std::string value;
  const auto member = [&](const std::string& key, char begin) -> Result<void> {
    if (begin == '[') {
      ++at_;
      LIMPID_TRY_WITHIN(each_element([&](std::string& element) { return visit(key, element); }), {"member ", key});
      return {};
    }
    LIMPID_TRY(capture(value));
    return visit(key, value);
  };
  LIMPID_TRY(each_member(member));
  return expect_end();
}

}  // namespace

Result<void> split_members(archive::Source& source, unsigned depth, const MemberVisitor& visit,
                           const MemberLimits& limits) {
  return Splitter(source, limits).run(depth, visit);
}

Result<bool> split_array(archive::Source& source, std::string_view key, const ArrayVisitor& visit,
                         const MemberLimits& limits) {
  return Splitter(source, limits).run_array(key, visit);
}

Result<void> split_elements(archive::Source& source, const ElementVisitor& visit, const MemberLimits& limits) {
  return Splitter(source, limits).run_elements(visit);
}

}  // namespace limpid::advisory
