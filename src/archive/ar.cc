#include "archive/ar.h"

#include <optional>

#include "archive/cursor.h"
#include "archive/skip_log.h"

namespace limpid::archive {
namespace {

constexpr std::string_view kMagic = "!<arch>\n";
constexpr std::size_t kHeaderSize = 60;
constexpr std::size_t kSkippedMax = 100;

class ArReader final : public EntryReader {
 public:
  explicit ArReader(Source& source) : cursor_(source), skips_(kSkippedMax) {}

  Result<const Entry*> next() override {
    if (failure_) return std::unexpected(*failure_);
    auto found = ended_ ? Result<const Entry*>(nullptr) : advance();
    if (!found) failure_ = found.error();
    return found;
  }
  Result<Bytes> content() override {
    if (failure_) return std::unexpected(*failure_);
    if (left_ == 0) return Bytes{};
    auto piece = cursor_.take(left_);
    if (piece && piece->empty()) piece = cut_member();
    if (piece) {
      left_ -= piece->size();
    } else {
      failure_ = piece.error();
    }
    return piece;
  }
  const SkippedList& skipped() const override { return skips_.list(); }

 private:
  Result<const Entry*> advance() {
    if (cursor_.offset() == 0) {
      LIMPID_ASSIGN(const Bytes magic, cursor_.gather(kMagic.size()));
      if (base::as_text(magic) != kMagic) return fail(Code::invalid, {"no ar archive: it doesn't begin with !<arch>"});
    }
    for (;;) {
      LIMPID_TRY(pass_member());
      const std::uint64_t offset = cursor_.offset();
      LIMPID_ASSIGN(const Bytes header, cursor_.gather(kHeaderSize));
      if (header.empty()) {
        ended_ = true;
        return nullptr;
      }
      if (header.size() < kHeaderSize) return fail(Code::truncated, {"ar header at byte ", offset, ": cut short"});
      if (++members_ > kArEntriesMax) return fail(Code::limit, {"more ar members than the limit of ", kArEntriesMax});
      LIMPID_ASSIGN_WITHIN(const bool usable, read_header(base::as_text(header)), {"ar header at byte ", offset});
      if (usable) return &entry_;
    }
  }

  Result<void> pass_member() {
    LIMPID_ASSIGN(const std::uint64_t skipped, cursor_.skip(left_));
    left_ -= skipped;
    if (left_ > 0) return cut_member();
    LIMPID_TRY(cursor_.skip(padding_));  // the last one is often left out
    padding_ = 0;
    return {};
  }
  std::unexpected<Error> cut_member() const {
    return fail(Code::truncated, {entry_.path, ": the archive ends ", left_, " bytes before its content does"});
  }

  // Name 16, time 12, user 6, group 6, mode 8 (octal), size 10, end mark 2; all but the mode decimal, blanks after.
  Result<bool> read_header(std::string_view header) {
    if (!header.ends_with("`\n")) return fail(Code::invalid, {"its end mark is missing"});
    const auto size = base::parse_unsigned(base::trim_right(header.substr(48, 10)));
    if (!size) return fail(Code::invalid, {"a size that is no number"});
    std::string_view name = base::trim_right(header.substr(0, 16));
    if (name.starts_with("//") || name.starts_with("#1/") ||
        (name.size() > 1 && name[0] == '/' && base::is_digit(name[1])))
      return fail(Code::unsupported, {"long ar names (", name, "), which no package uses"});
    left_ = entry_.size = *size;
    padding_ = *size % 2;
    entry_.mode = read_mode(header.substr(40, 8));
    base::strip_suffix(name, "/");
    if (!normalise_path(name, entry_.path, entry_.outside_root) || entry_.path.empty()) {
      skips_.add(name, SkipReason::unsafe, {"an ar member with a name that no file can have"});
      return false;
    }
    return true;
  }
  static std::uint32_t read_mode(std::string_view digits) {
    std::uint32_t mode = 0;
    for (const char c : base::trim(digits)) {
      if (c < '0' || c > '7') return 0;
      mode = mode << 3 | static_cast<std::uint32_t>(c - '0');
    }
    return mode & 07777;
  }

  Cursor cursor_;
  SkipLog skips_;
  Entry entry_;
  std::uint64_t members_ = 0;
  std::uint64_t left_ = 0;  // of the current member
  std::uint64_t padding_ = 0;
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace

std::unique_ptr<EntryReader> open_ar(Source& source) { return std::make_unique<ArReader>(source); }

}  // namespace limpid::archive
