// Feed "gentoo": Gentoo Linux Security Advisories, https://security.gentoo.org/glsa: an XML document for each, in the
// folder metadata/glsa of the ebuild repository and in https://anongit.gentoo.org/git/data/glsa.git. Format:
// https://www.gentoo.org/dtd/glsa.dtd.
//
// A record is an advisory, a statement one of its packages. A version is affected if a <vulnerable> covers it and no
// <unaffected> does. Either may speak of one slot alone: then there is a statement for each slot that is named, and
// one for all others.
#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

#include "advisory/documents.h"
#include "advisory/ids.h"
#include "advisory/input.h"
#include "advisory/list.h"
#include "advisory/xml.h"
#include "version/ordering.h"

namespace limpid::advisory {
namespace {

constexpr std::uint64_t kRecordSizeMax = std::uint64_t{4} << 20;
constexpr std::size_t kPackagesMax = 1'000;  // of one advisory
constexpr std::size_t kMarksMax = 200;       // of one package
constexpr std::size_t kReferencesMax = 1'000;

// No revision comes near it: the end of all that are revisions of one version.
constexpr std::string_view kLastRevision = "-r999999999";

// A place between versions: before one, or behind it.
struct Cut {
  std::string version;
  bool behind = false;
};

// What one <vulnerable> or <unaffected> covers; an end that is not there is open.
struct Span {
  std::optional<Cut> from, to;
};

struct Mark {
  bool vulnerable = false;
  std::string slot;  // "" for any
  Span span;
};

struct GlsaPackage {
  std::string name;
  std::vector<std::string> architectures;
  std::vector<Mark> marks;
  std::string_view problem;  // why nothing can be said of it, "" otherwise
};

const version::Ordering& ordering() {
  static const version::Ordering& portage = *version::find_ordering(version::Scheme::portage);
  return portage;
}

std::string_view without_revision(std::string_view version) { return version.substr(0, version.find("-r")); }

// The operators that begin with r compare revisions of one version and leave all other versions out.
std::optional<Span> span_of(std::string_view op, std::string_view version) {
  const std::string text(version);
  const bool revisions = base::strip_prefix(op, "r");
  const std::string base_version(without_revision(version));
  const auto lowest = revisions ? std::optional(Cut{base_version}) : std::nullopt;
  const auto highest = revisions ? std::optional(Cut{base::cat({base_version, kLastRevision}), true}) : std::nullopt;
  if (op == "lt") return Span{lowest, Cut{text}};
  if (op == "le") return Span{lowest, Cut{text, true}};
  if (op == "ge") return Span{Cut{text}, highest};
  if (op == "gt") return Span{Cut{text, true}, highest};
  if (op == "eq" && !revisions) return Span{Cut{text}, Cut{text, true}};
  return std::nullopt;
}

// All cuts of a package's marks, in order, so that a span is a pair of indexes.
class Line {
 public:
  explicit Line(const std::vector<const Mark*>& marks) {
    for (const Mark* mark : marks) {
      for (const auto* cut : {&mark->span.from, &mark->span.to})
        if (*cut) cuts_.push_back({ordering().parse((*cut)->version), &**cut});
    }
    std::ranges::sort(cuts_, [](const Place& a, const Place& b) { return order(a, b) < 0; });
    cuts_.erase(
        std::unique(cuts_.begin(), cuts_.end(), [](const Place& a, const Place& b) { return order(a, b) == 0; }),
        cuts_.end());
  }

  // The ranges of versions that some vulnerable mark covers and no unaffected one. Stretch i lies below cut i.
  std::vector<Range> affected(const std::vector<const Mark*>& marks) const {
    std::vector<bool> vulnerable(cuts_.size() + 1), unaffected(cuts_.size() + 1);
    for (const Mark* mark : marks) {
      auto& covered = mark->vulnerable ? vulnerable : unaffected;
      const std::size_t from = mark->span.from ? index_of(*mark->span.from) + 1 : 0;
      const std::size_t to = mark->span.to ? index_of(*mark->span.to) : cuts_.size();
      for (std::size_t i = from; i <= to; ++i) covered[i] = true;
    }
    std::vector<Range> ranges;
    for (std::size_t i = 0; i <= cuts_.size(); ++i) {
      if (!vulnerable[i] || unaffected[i]) continue;
      Range range;
      if (i != 0) range.introduced = lower_bound(*cuts_[i - 1].cut);
      while (i < cuts_.size() && vulnerable[i + 1] && !unaffected[i + 1]) ++i;
      if (i < cuts_.size()) (cuts_[i].cut->behind ? range.last_affected : range.fixed) = cuts_[i].cut->version;
      ranges.push_back(std::move(range));
    }
    return ranges;
  }

 private:
  struct Place {
    version::Version version;
    const Cut* cut;
  };
  static std::strong_ordering order(const Place& a, const Place& b) {
    if (const auto by_version = ordering().compare(a.version, b.version); by_version != 0) return by_version;
    return a.cut->behind <=> b.cut->behind;
  }
  std::size_t index_of(const Cut& cut) const {
    const Place place{ordering().parse(cut.version), &cut};
    const auto found =
        std::ranges::lower_bound(cuts_, place, [](const Place& a, const Place& b) { return order(a, b) < 0; });
    return static_cast<std::size_t>(found - cuts_.begin());
  }
  // The first version behind a version is its next revision.
  static std::string lower_bound(const Cut& cut) {
    if (!cut.behind) return cut.version;
    const std::string_view base_version = without_revision(cut.version);
    std::string_view revision = std::string_view(cut.version).substr(base_version.size());
    base::strip_prefix(revision, "-r");
    return base::cat({base_version, "-r", base::parse_unsigned(revision).value_or(0) + 1});
  }

  std::vector<Place> cuts_;
};

class GlsaReader final : public XmlHandler {
 public:
  GlsaReader(FeedCounts& counts, Sink& sink) : counts_(counts), sink_(sink) {}

  Result<void> start(std::string_view element, const XmlAttributes& attributes) override {
    ++depth_;
    if (depth_ == 1) {
      if (element != "glsa") return fail(Code::invalid, {"no advisory of Gentoo's: <", element, ">"});
      id_ = attributes["id"];
    } else if (element == "package" && depth_ == 3) {
      return begin_package(attributes);
    } else if (element == "vulnerable" || element == "unaffected") {
      op_ = attributes["range"];
      slot_ = attributes["slot"];
    } else if (element == "impact" && depth_ == 2) {
      advisory_.severity = attributes["type"];
    } else if (element == "uri") {
      add_reference(attributes["link"]);
    }
    return {};
  }

  Result<void> end(std::string_view element, std::string_view text) override {
    text = base::trim(text);
    if (depth_ == 2) {
      if (element == "title") advisory_.title = text;
      if (element == "synopsis") advisory_.description = text;
      if (element == "announced") advisory_.published = day_of(text);
      if (element == "revised") advisory_.modified = day_of(text);
    } else if (element == "uri") {
      add_cves(text);
    } else if (depth_ == 4 && (element == "vulnerable" || element == "unaffected")) {
      LIMPID_TRY(add_mark(element == "vulnerable", text));
    }
    if (--depth_ == 0) hand_out();
    return {};
  }

 private:
  Result<void> begin_package(const XmlAttributes& attributes) {
    if (packages_.size() == kPackagesMax) return fail(Code::limit, {id_, ": more than ", kPackagesMax, " packages"});
    GlsaPackage& package = packages_.emplace_back();
    package.name = attributes["name"];
    std::string_view rest = attributes["arch"];
    for (auto word = base::take_word(rest); !word.empty(); word = base::take_word(rest))
      package.architectures.emplace_back(word);
    if (std::ranges::find(package.architectures, "*") != package.architectures.end()) package.architectures.clear();
    if (!is_plausible_id(package.name)) package.problem = "no name";
    return {};
  }

  Result<void> add_mark(bool vulnerable, std::string_view version) {
    if (packages_.empty()) return {};
    GlsaPackage& package = packages_.back();
    if (package.marks.size() == kMarksMax)
      return fail(Code::limit, {id_, ": more than ", kMarksMax, " ranges of ", package.name});
    auto span = span_of(op_, version);
    if (!span) {
      package.problem = "unknown operator";
    } else if (!ordering().parse(version).valid) {
      package.problem = "no version";
    } else {
      package.marks.push_back({vulnerable, slot_ == "*" ? std::string() : slot_, *std::move(span)});
    }
    return {};
  }

  // "2024-01-02", and of old ones "2004-01-02: 01" for a second revision.
  static std::string day_of(std::string_view text) {
    const auto day = text.substr(0, 10);
    const bool is_day =
        day.size() == 10 && day[4] == '-' && day[7] == '-' && std::ranges::count_if(day, base::is_digit) == 8;
    return is_day ? base::cat({day, "T00:00:00Z"}) : std::string();
  }

  void add_cves(std::string_view text) {
    for (std::string& cve : find_cves(text)) {
      if (advisory_.upstream.size() < kReferencesMax &&
          std::ranges::find(advisory_.upstream, cve) == advisory_.upstream.end())
        advisory_.upstream.push_back(std::move(cve));
    }
  }

  void add_reference(std::string_view link) {
    add_cves(link);
    if (link.starts_with("http") && advisory_.references.size() < kReferencesMax)
      advisory_.references.emplace_back(link);
  }

  void hand_out() {
    ++counts_.records;
    counts_.as_of = std::max({counts_.as_of, advisory_.published, advisory_.modified});
    if (!is_plausible_id(id_)) {
      counts_.statements += packages_.size();
      return counts_.drop("no id", packages_.size());
    }
    advisory_.id = base::cat({"GLSA-", id_});
    advisory_.references.insert(advisory_.references.begin(), base::cat({"https://security.gentoo.org/glsa/", id_}));
    for (const GlsaPackage& package : packages_) add(package);
    if (!advisory_.affected.empty()) sink_.advisory(std::move(advisory_));
  }

  void add(const GlsaPackage& package) {
    if (!package.problem.empty()) {
      ++counts_.statements;
      return counts_.drop(package.problem);
    }
    std::set<std::string> slots;
    for (const Mark& mark : package.marks)
      if (!mark.slot.empty()) slots.insert(mark.slot);
    const std::size_t before = advisory_.affected.size();
    for (const std::string& slot : slots) add(package, slot, slot);
    std::string others;
    for (const std::string& slot : slots) base::append(others, {others.empty() ? "!" : " !", slot});
    add(package, "", others);
    const std::size_t added = advisory_.affected.size() - before;
    counts_.statements += std::max<std::size_t>(added, 1);
    if (added == 0) counts_.drop("nothing vulnerable");
  }

  // What the marks for `slot` and those for any say, as a statement on `module` (see Affected).
  void add(const GlsaPackage& package, std::string_view slot, std::string_view module) {
    std::vector<const Mark*> marks;
    for (const Mark& mark : package.marks)
      if (mark.slot.empty() || mark.slot == slot) marks.push_back(&mark);
    Affected affected;
    affected.ranges = Line(marks).affected(marks);
    if (affected.ranges.empty()) return;
    affected.name_space = "gentoo";
    affected.package = package.name;
    affected.key_kind = KeyKind::binary;
    affected.scheme = version::Scheme::portage;
    affected.architectures = package.architectures;
    affected.module = module;
    const bool any_fix = std::ranges::any_of(affected.ranges, [](const Range& range) { return !range.fixed.empty(); });
    affected.status = any_fix ? Status::fixed : Status::affected;
    advisory_.affected.push_back(std::move(affected));
  }

  FeedCounts& counts_;
  Sink& sink_;
  std::size_t depth_ = 0;
  std::string id_, op_, slot_;
  Advisory advisory_;
  std::vector<GlsaPackage> packages_;
};

bool is_glsa_file(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  return name.starts_with("glsa-") && name.ends_with(".xml");
}

class GentooFeed final : public Feed {
 public:
  std::string_view name() const override { return "gentoo"; }
  std::string_view description() const override { return "Gentoo's security advisories: glsa-*.xml"; }
  Result<FeedCounts> read(const FeedInput& input, Sink& sink) const override {
    FeedCounts counts;
    const DocumentKind kind{
        .size_max = kRecordSizeMax,
        .is_document = is_glsa_file,
        // A tar archive begins with a name and zeroes.
        .begins_document = [](std::string_view beginning) { return beginning.find('\0') == std::string_view::npos; },
    };
    LIMPID_TRY(
        each_document(input, kind, sink, counts, [&](const std::string& /*name*/, std::string& text) -> Result<void> {
          GlsaReader reader(counts, sink);
          const auto source = archive::memory_source(base::as_bytes(text));
          return parse_xml(*source, reader);
        }));
    return counts;
  }
};

}  // namespace

const Feed& gentoo_feed() {
  static const GentooFeed feed;
  return feed;
}

}  // namespace limpid::advisory
