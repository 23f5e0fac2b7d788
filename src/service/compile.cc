#include "service/compile.h"

#include <utility>

namespace limpid::service {
namespace {

class CancellableSink : public advisory::Sink {
 public:
  explicit CancellableSink(const std::atomic<bool>* cancel) : cancel_(cancel) {}
  bool is_cancelled() const override { return cancel_ != nullptr && cancel_->load(std::memory_order_relaxed); }

 private:
  const std::atomic<bool>* cancel_;
};

class CompilerSink final : public CancellableSink {
 public:
  CompilerSink(vulndb::Compiler& compiler, const std::atomic<bool>* cancel)
      : CancellableSink(cancel), compiler_(compiler) {}
  void advisory(advisory::Advisory&& advisory) override { compiler_.add(std::move(advisory)); }
  void available(advisory::Available&& available) override { compiler_.add(std::move(available)); }
  void end_of_life(advisory::EndOfLife&& end_of_life) override { compiler_.add(std::move(end_of_life)); }
  void enrichment(advisory::Enrichment&& enrichment) override { compiler_.add(std::move(enrichment)); }
  void package_support(advisory::PackageSupport&& support) override { compiler_.add(std::move(support)); }
  void repository(advisory::RepositoryProducts&& repository) override { compiler_.add(std::move(repository)); }

 private:
  vulndb::Compiler& compiler_;
};

class CountingSink final : public CancellableSink {
 public:
  using CancellableSink::CancellableSink;
  void advisory(advisory::Advisory&& /*advisory*/) override {}
  void available(advisory::Available&& /*available*/) override {}
  void end_of_life(advisory::EndOfLife&& /*end_of_life*/) override {}
};

}  // namespace

Compilation::Compilation(const std::atomic<bool>* cancel) : cancel_(cancel) {
  for (const advisory::EndOfLife& lifecycle : advisory::known_lifecycles())
    compiler_.add(advisory::EndOfLife(lifecycle));
}

Result<CompiledFeed> Compilation::add(const advisory::Feed& feed, const advisory::FeedInput& input,
                                      std::string_view shown) {
  CompilerSink sink(compiler_, cancel_);
  compiler_.begin_feed(feed.name(), shown);
  LIMPID_ASSIGN_WITHIN(advisory::FeedCounts counts, feed.read(input, sink), {"feed ", feed.name()});
  CompiledFeed compiled{{std::string(feed.name()), std::string(shown), counts.records, counts.statements,
                         std::move(counts.dropped), counts.skipped.size(), std::move(counts.as_of)},
                        std::move(counts.skipped)};
  compiler_.end_feed(compiled.info);
  return compiled;
}

Result<vulndb::Info> Compilation::write(const std::string& path) { return compiler_.write(path); }

Result<advisory::FeedCounts> count_feed(const advisory::Feed& feed, const advisory::FeedInput& input,
                                        const std::atomic<bool>* cancel) {
  CountingSink sink(cancel);
  return feed.read(input, sink);
}

}  // namespace limpid::service
