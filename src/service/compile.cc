#include "service/compile.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/pool.h"

namespace limpid::service {
namespace {

class CancellableSink : public advisory::Sink {
 public:
  explicit CancellableSink(const std::atomic<bool>* cancel, const std::atomic<bool>* stop = nullptr)
      : cancel_(cancel), stop_(stop) {}
  bool is_cancelled() const override { return is_set(cancel_) || is_set(stop_); }

 private:
  static bool is_set(const std::atomic<bool>* flag) { return flag != nullptr && flag->load(std::memory_order_relaxed); }
  const std::atomic<bool>* cancel_;  // by the caller
  const std::atomic<bool>* stop_;    // since another feed failed
};

class CompilerSink final : public CancellableSink {
 public:
  CompilerSink(vulndb::Compiler& compiler, vulndb::Compiler::FeedNumber feed, const std::atomic<bool>* cancel,
               const std::atomic<bool>* stop)
      : CancellableSink(cancel, stop), compiler_(compiler), feed_(feed) {}
  void advisory(advisory::Advisory&& advisory) override { compiler_.add(feed_, std::move(advisory)); }
  void available(advisory::Available&& available) override { compiler_.add(feed_, std::move(available)); }
  void end_of_life(advisory::EndOfLife&& end_of_life) override { compiler_.add(feed_, std::move(end_of_life)); }
  void enrichment(advisory::Enrichment&& enrichment) override { compiler_.add(feed_, std::move(enrichment)); }
  void package_support(advisory::PackageSupport&& support) override { compiler_.add(feed_, std::move(support)); }
  void repository(advisory::RepositoryProducts&& repository) override { compiler_.add(feed_, std::move(repository)); }

 private:
  vulndb::Compiler& compiler_;
  vulndb::Compiler::FeedNumber feed_;
};

class CountingSink final : public CancellableSink {
 public:
  using CancellableSink::CancellableSink;
  void advisory(advisory::Advisory&& /*advisory*/) override {}
  void available(advisory::Available&& /*available*/) override {}
  void end_of_life(advisory::EndOfLife&& /*end_of_life*/) override {}
};

std::unexpected<Error> cancelled() { return fail(Code::cancelled, {"cancelled"}); }

// How long an input takes, roughly: the bytes of its files, more for those that are packed.
std::uint64_t work_of(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr std::uint64_t kPacked = 8, kBzip2 = 24;
  const auto work = [](const fs::path& file, std::uint64_t size) {
    const auto end = file.extension();
    if (end == ".bz2") return size * kBzip2;
    return end == ".gz" || end == ".zst" || end == ".xz" || end == ".zip" || end == ".tgz" ? size * kPacked : size;
  };
  std::error_code error;
  if (const auto size = fs::file_size(path, error); !error) return work(path, size);
  std::uint64_t sum = 0;
  for (auto entry = fs::recursive_directory_iterator(path, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) sum += work(entry->path(), entry->file_size(ignored));
  }
  return sum;
}

}  // namespace

Compilation::Compilation(const std::atomic<bool>* cancel) : cancel_(cancel) {
  for (const advisory::EndOfLife& lifecycle : advisory::known_lifecycles())
    compiler_.add(advisory::EndOfLife(lifecycle));
}

Result<CompiledFeed> Compilation::add(const advisory::Feed& feed, const advisory::FeedInput& input,
                                      std::string_view shown) {
  return read(compiler_.begin_feed(feed.name(), shown), {&feed, input, std::string(shown)}, nullptr);
}

Result<CompiledFeed> Compilation::read(vulndb::Compiler::FeedNumber number, const Input& input,
                                       const std::atomic<bool>* stop) {
  CompilerSink sink(compiler_, number, cancel_, stop);
  const advisory::Feed& feed = *input.feed;
  LIMPID_ASSIGN_WITHIN(advisory::FeedCounts counts, feed.read(input.input, sink), {"feed ", feed.name()});
  CompiledFeed compiled{{std::string(feed.name()), input.shown, counts.records, counts.statements,
                         std::move(counts.dropped), counts.skipped.size(), std::move(counts.as_of)},
                        std::move(counts.skipped)};
  compiler_.end_feed(number, compiled.info);
  return compiled;
}

std::vector<Result<CompiledFeed>> Compilation::add_all(const std::vector<Input>& inputs) {
  std::vector<Result<CompiledFeed>> results(inputs.size(), Result<CompiledFeed>(cancelled()));
  // What takes longest is begun first, so that no thread is left alone with it at the end.
  std::vector<std::tuple<std::uint64_t, std::size_t, vulndb::Compiler::FeedNumber>> order;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    order.emplace_back(work_of(inputs[i].input.path), i, compiler_.begin_feed(inputs[i].feed->name(), inputs[i].shown));
  std::ranges::stable_sort(order, std::greater(), [](const auto& entry) { return std::get<0>(entry); });
  std::atomic<bool> stop = false;
  {
    base::Pool pool(static_cast<unsigned>(std::min<std::size_t>(base::processors(), inputs.size())), inputs.size());
    for (const auto& entry : order)
      pool.submit([&, entry] {
        const auto& [work, index, number] = entry;
        if (stop.load(std::memory_order_relaxed)) return;
        results[index] = read(number, inputs[index], &stop);
        if (!results[index]) stop.store(true, std::memory_order_relaxed);
      });
  }
  return results;
}

Result<vulndb::Info> Compilation::write(const std::string& path) { return compiler_.write(path); }

Result<advisory::FeedCounts> count_feed(const advisory::Feed& feed, const advisory::FeedInput& input,
                                        const std::atomic<bool>* cancel) {
  CountingSink sink(cancel);
  return feed.read(input, sink);
}

}  // namespace limpid::service
