#include "vulndb/output.h"

#include <cerrno>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

namespace limpid::vulndb {
namespace {

constexpr std::size_t kBufferSize = 1 << 20;

struct FreeHash {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

struct Output::State {
  std::string path, beside;
  base::File file;
  std::string buffer;
  std::uint64_t flushed = 0;
  std::array<SectionPlace, format::kSections> sections{};
  std::optional<std::size_t> section;
  std::unique_ptr<XXH3_state_t, FreeHash> hash{XXH3_createState()};
  std::optional<Error> error;
  bool committed = false;

  std::unexpected<Error> give_up(std::string_view step) const { return base::fail_errno({beside, ": ", step}); }

  Result<void> write_at(std::uint64_t offset, Bytes bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::pwrite(file.descriptor(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return give_up("write");
      offset += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }
};

Output::Output(std::unique_ptr<State> state) : state_(std::move(state)) {}
Output::Output(Output&&) noexcept = default;
Output::~Output() {
  if (state_ != nullptr && !state_->committed) ::unlink(state_->beside.c_str());
}

Result<Output> Output::create(const std::string& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->beside = path + ".XXXXXX";
  const int descriptor = ::mkostemp(state->beside.data(), O_CLOEXEC);
  if (descriptor < 0) return base::fail_errno({state->beside});
  state->file = base::File(descriptor);
  state->buffer.reserve(kBufferSize);
  state->buffer.assign(format::kHeadSize, '\0');
  return Output(std::move(state));
}

void Output::begin(format::Section section) {
  end();
  state_->section = static_cast<std::size_t>(section);
  state_->sections.at(*state_->section).offset = position();
  XXH3_64bits_reset_withSeed(state_->hash.get(), *state_->section);
}

void Output::end() {
  if (!state_->section) return;
  SectionPlace& place = state_->sections.at(*state_->section);
  place.size = position() - place.offset;
  place.checksum = XXH3_64bits_digest(state_->hash.get());
  state_->section.reset();
}

void Output::append(Bytes bytes) {
  XXH3_64bits_update(state_->hash.get(), bytes.data(), bytes.size());
  state_->buffer.append(base::as_text(bytes));
  if (state_->buffer.size() >= kBufferSize) flush();
}

void Output::flush() {
  if (!state_->error) {
    if (auto written = state_->write_at(state_->flushed, base::as_bytes(state_->buffer)); !written)
      state_->error = std::move(written).error();
  }
  state_->flushed += state_->buffer.size();
  state_->buffer.clear();
}

std::uint64_t Output::position() const { return state_->flushed + state_->buffer.size(); }

const std::array<SectionPlace, format::kSections>& Output::sections() const { return state_->sections; }

Result<void> Output::commit(Bytes head) {
  flush();
  if (state_->error) return std::unexpected(*std::move(state_->error));
  LIMPID_TRY(state_->write_at(0, head));
  const int descriptor = state_->file.descriptor();
  // mkostemp makes files that only their owner can read; a database is there to be shared.
  if (::fchmod(descriptor, 0644) != 0) return state_->give_up("chmod");
  if (::fsync(descriptor) != 0) return state_->give_up("fsync");
  if (::rename(state_->beside.c_str(), state_->path.c_str()) != 0) return state_->give_up("rename");
  state_->committed = true;
  return {};
}

}  // namespace limpid::vulndb
