// Versions of Bitnami's components: a semantic version, and behind a hyphen the number of its rebuild there.
// https://github.com/bitnami/vulndb and https://github.com/bitnami/go-version
//
// As `semver` reads versions, with these differences:
//   - a hyphen and digits at the end ("7.4.1-3", "3.9.4-r2") are the revision, which comes after none and is no
//     pre-release; revision 0 is none: "1.2.3-rc1" < "1.2.3" = "1.2.3-0" < "1.2.3-1" < "1.2.3-10" < "1.2.4";
//   - "1.2.3-*" stands above all revisions of "1.2.3": what a last affected version without a revision means.
//
// The key is semver's, which ends by itself, and the revision: see KeyWriter::put_number().
#include "version/key.h"
#include "version/schemes.h"

namespace limpid::version {
namespace {

constexpr std::string_view kAnyRevision = "-*";
constexpr std::uint8_t kNumbered = 0;
constexpr std::uint8_t kAny = 1;

// Cuts "-3" or "-r3" off and returns its digits; "" if there is none.
std::string_view take_revision(std::string_view& text) {
  std::size_t start = text.size();
  while (start > 0 && base::is_digit(text[start - 1])) --start;
  const std::string_view digits = text.substr(start);
  std::string_view rest = text.substr(0, start);
  if (digits.empty()) return {};
  base::strip_suffix(rest, "r");
  // What is before it has to be a version: "-1" has no revision, it has nothing else.
  if (!base::strip_suffix(rest, "-") || rest.empty()) return {};
  text = rest;
  return digits;
}

class Bitnami final : public Ordering {
 public:
  Scheme scheme() const override { return Scheme::bitnami; }
  std::string_view name() const override { return "bitnami"; }

  Version parse(std::string_view raw) const override {
    if (raw.size() > kLengthMax) return invalid_version(Scheme::bitnami, kTooLong);
    std::string_view core = base::trim(raw);
    KeyWriter revision;
    if (base::strip_suffix(core, kAnyRevision)) {
      revision.put(kAny);
    } else {
      revision.put(kNumbered);
      revision.put_number(take_revision(core));
    }
    Version version = semver_ordering().parse(core);
    version.scheme = Scheme::bitnami;
    if (version.valid) version.key += revision.take();
    return version;
  }
  std::string last_affected(std::string_view text) const override {
    std::string_view core = text;
    return take_revision(core).empty() ? base::cat({text, kAnyRevision}) : std::string(text);
  }
};

}  // namespace

const Ordering& bitnami_ordering() {
  static const Bitnami ordering;
  return ordering;
}

}  // namespace limpid::version
