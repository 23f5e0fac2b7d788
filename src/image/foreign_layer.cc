#include "image/foreign_layer.h"

#include <algorithm>
#include <utility>

#include "image/layer_reader.h"
#include "image/reference.h"
#include "net/client.h"

namespace limpid::image {
namespace {

constexpr std::size_t kUrlsMax = 20;

// Stands for a layer that nobody gave us.
class AbsentLayer final : public LayerReader, private archive::EntryReader {
 public:
  AbsentLayer(LayerDescriptor expected, std::string reason) : expected_(std::move(expected)) {
    expected_.is_absent = true;
    skipped_.push_back({{}, {}, SkipReason::unsupported, std::move(reason)});
  }
  archive::EntryReader& entries() override { return *this; }
  Result<LayerDescriptor> finish() override { return expected_; }

 private:
  Result<const archive::Entry*> next() override { return nullptr; }
  Result<Bytes> content() override { return Bytes{}; }
  const SkippedList& skipped() const override { return skipped_; }

  LayerDescriptor expected_;
  SkippedList skipped_;
};

Result<std::unique_ptr<LayerReader>> fetch(const std::string& url, const net::AllowList& allowed,
                                           const LayerDescriptor& layer, const std::string& which,
                                           const OpenOptions& options) {
  const RegistryOptions& registry = options.registry;
  net::Options client;
  client.allow = &allowed;
  client.tls.ca_file = registry.ca_file;
  client.proxy = registry.proxy;
  client.limits.connect = registry.connect_max;
  client.limits.idle = registry.idle_max;
  client.limits.total = registry.request_max;
  client.limits.bytes_max = layer.size;
  client.cancel = options.cancel;
  net::Request request;
  request.url = url;
  LIMPID_ASSIGN(net::Stream stream, net::open_stream(request, client));
  if (stream.response.status != 200)
    return fail(stream.response.status == 404 ? Code::not_found : Code::io, {"status ", stream.response.status});
  const auto length = base::parse_unsigned(stream.response.header("content-length"));
  return read_layer(std::move(stream.body), length.value_or(layer.size), layer, which, options);
}

}  // namespace

bool is_foreign(const LayerDescriptor& layer) {
  return layer.media_type.find("foreign") != std::string::npos ||
         layer.media_type.find("nondistributable") != std::string::npos;
}

Result<std::unique_ptr<LayerReader>> open_foreign(const LayerDescriptor& layer, std::string which,
                                                  const OpenOptions& options) {
  net::AllowList allowed;
  allowed.only_listed();
  for (const std::string& entry : options.foreign_layers_from)
    LIMPID_TRY_WITHIN(allowed.allow(entry), {"--foreign-layers-from ", entry});
  if (layer.urls.empty())
    return std::make_unique<AbsentLayer>(layer, base::cat({which, " is kept by its vendor (", layer.media_type,
                                                           "), and the manifest does not say where"}));
  std::string refused;           // what the allow-list says is no failure
  std::optional<Error> failure;  // the last one
  for (std::size_t i = 0; i < std::min(layer.urls.size(), kUrlsMax) && !options.foreign_layers_from.empty(); ++i) {
    auto reader = fetch(layer.urls[i], allowed, layer, which, options);
    if (reader) return reader;
    if (reader.error().code() == Code::usage)
      base::append(refused, {"; ", reader.error().describe()});
    else
      failure = std::move(reader).error().within({which, ": foreign"});
  }
  if (failure) return std::unexpected(*std::move(failure));
  return std::make_unique<AbsentLayer>(
      layer, base::cat({which, " is kept by its vendor, at ", list_some(layer.urls),
                        ": it is fetched from there if --foreign-layers-from allows the host", refused}));
}

}  // namespace limpid::image
