// Parts of a registry's blobs (registry_client.h).
#include <algorithm>
#include <optional>

#include "image/patience.h"
#include "image/registry_client.h"

namespace limpid::image {

// The bytes [at, end) of a blob, asked for again from where they broke off.
class RangeStream final : public archive::Source {
 public:
  RangeStream(std::shared_ptr<const RegistryClient> client, const Digest& digest, std::uint64_t at, std::uint64_t end,
              std::unique_ptr<archive::Source> body)
      : client_(std::move(client)), digest_(digest), at_(at), end_(end), body_(std::move(body)) {}

  Result<Bytes> next() override {
    while (!failure_) {
      auto bytes = body_->next();
      if (bytes && !bytes->empty() && at_ < end_) {
        const Bytes fresh = bytes->first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes->size(), end_ - at_)));
        at_ += fresh.size();
        return fresh;
      }
      if (bytes && at_ == end_) return Bytes{};
      Error broken = bytes
                         ? Error(Code::truncated, base::cat({"the part of the blob ends ", end_ - at_, " bytes early"}))
                         : std::move(bytes).error();
      if (auto resumed = resume(std::move(broken)); !resumed) failure_ = std::move(resumed).error();
    }
    return std::unexpected(*failure_);
  }

 private:
  Result<void> resume(Error broken) {
    const bool may_help = (broken.code() == Code::io || broken.code() == Code::truncated) && at_ < end_;
    in_vain_ = at_ == resumed_at_ ? in_vain_ + 1 : 1;
    resumed_at_ = at_;
    if (!may_help || ++resumes_ > kResumesMax || in_vain_ > kResumesInVainMax)
      return std::unexpected(std::move(broken));
    body_.reset();
    LIMPID_TRY(wait(client_->options_.first_wait, client_->cancel_));
    LIMPID_ASSIGN_WITHIN(body_, client_->open_range(digest_, at_, end_), {"resuming at byte ", at_});
    return {};
  }

  std::shared_ptr<const RegistryClient> client_;
  const Digest digest_;
  std::uint64_t at_, end_;
  std::unique_ptr<archive::Source> body_;
  std::uint64_t resumed_at_ = ~std::uint64_t{0};
  unsigned resumes_ = 0, in_vain_ = 0;
  std::optional<Error> failure_;
};

Result<std::unique_ptr<archive::Source>> RegistryClient::range(const Digest& digest, std::uint64_t offset,
                                                               std::uint64_t size) const {
  LIMPID_ASSIGN(auto body, open_range(digest, offset, offset + size));
  return std::make_unique<RangeStream>(shared_from_this(), digest, offset, offset + size, std::move(body));
}

Result<std::unique_ptr<archive::Source>> RegistryClient::open_range(const Digest& digest, std::uint64_t offset,
                                                                    std::uint64_t end) const {
  const net::Options client = client_options();
  const std::string what = "blob " + digest.to_string();
  const net::Headers headers{{"Range", base::cat({"bytes=", offset, "-", end - 1})}};
  std::unique_ptr<archive::Source> body;
  const Send send = [&](const net::Request& request) -> Result<net::Response> {
    LIMPID_ASSIGN(net::Stream stream, net::open_stream(request, client));
    body = std::move(stream.body);
    return std::move(stream.response);
  };
  LIMPID_ASSIGN(const net::Response response, ask("/blobs/" + digest.to_string(), headers, send));
  if (response.status == 200) return fail(Code::unsupported, {what, ": the registry does not give parts of it"});
  if (response.status == 416)
    return fail(Code::truncated, {what, ": the registry does not have the bytes ", offset, " to ", end, " of it"});
  if (response.status != 206) return refusal(response, what);
  const auto range = parse_content_range(response.header("content-range"));
  if (!range || range->first != offset || range->last != end - 1)
    return fail(Code::invalid, {what, ": the bytes ", offset, " to ", end, " were asked for, others came"});
  return body;
}

}  // namespace limpid::image
