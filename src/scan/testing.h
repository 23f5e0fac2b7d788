// For tests only: images in memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "image/source.h"

namespace limpid::scan::testing {

using Files = std::map<std::string, std::string>;

// Layers in memory, so that what is tested is which layers are read, how often, and on which threads. A file's text
// "-> x" is a symbolic link, "== x" a hard one, "/" a directory.
class MemoryReader : public image::LayerReader, public archive::EntryReader {
 public:
  MemoryReader(const Files& files, image::LayerDescriptor descriptor)
      : files_(files), next_(files.begin()), descriptor_(std::move(descriptor)) {}

  archive::EntryReader& entries() override { return *this; }
  Result<image::LayerDescriptor> finish() override {
    if (files_.contains("unverified")) return fail(Code::mismatch, {"the layer's digest is not what it should be"});
    return descriptor_;
  }

  Result<const archive::Entry*> next() override {
    if (next_ == files_.end()) return nullptr;
    entry_ = {};
    entry_.path = next_->first;
    std::string_view text = next_->second;
    if (text == "/") {
      entry_.type = archive::EntryType::directory;
      text = {};
    } else if (base::strip_prefix(text, "== ")) {
      entry_.type = archive::EntryType::hard_link;
      entry_.link_target = std::string(text);
      text = {};
    } else if (base::strip_prefix(text, "-> ")) {
      entry_.type = archive::EntryType::symlink;
      entry_.link_target = std::string(text);
      text = {};
    }
    entry_.size = text.size();
    rest_ = text;
    ++next_;
    return &entry_;
  }
  Result<Bytes> content() override { return base::as_bytes(std::exchange(rest_, {})); }
  const SkippedList& skipped() const override { return skipped_; }

 private:
  const Files& files_;
  Files::const_iterator next_;
  image::LayerDescriptor descriptor_;
  archive::Entry entry_;
  std::string_view rest_;
  SkippedList skipped_;
};

class MemoryImage : public image::ImageSource {
 public:
  explicit MemoryImage(std::vector<Files> layers) : layers_(std::move(layers)), opened_(layers_.size()) {
    for (const Files& files : layers_) {
      std::string all;
      for (const auto& [path, text] : files) all += path + "\n" + text + "\n";
      image::LayerDescriptor descriptor;
      descriptor.digest = base::sha256(base::as_bytes("stored: " + all));
      descriptor.diff_id = base::sha256(base::as_bytes(all));
      descriptor.size = all.size();
      manifest_.layers.push_back(descriptor);
    }
    measured_ = manifest_.layers;
  }
  const image::Manifest& manifest() const override { return manifest_; }
  image::LayerDescriptor& promise(std::size_t index) { return manifest_.layers[index]; }
  // What reading it will say.
  image::LayerDescriptor& measure(std::size_t index) { return measured_[index]; }
  Result<std::unique_ptr<image::LayerReader>> open_layer(std::size_t index) const override {
    ++opened_[index];
    if (layers_[index].contains("broken")) return fail(Code::mismatch, {"diff ID is not what it should be"});
    return std::make_unique<MemoryReader>(layers_[index], measured_[index]);
  }
  int opened(std::size_t index) const { return opened_[index]; }
  int opened() const { return std::accumulate(opened_.begin(), opened_.end(), 0); }

 private:
  std::vector<Files> layers_;
  mutable std::vector<std::atomic<int>> opened_;
  image::Manifest manifest_;
  std::vector<image::LayerDescriptor> measured_;
};

inline const std::string kRelease = "ID=debian\nVERSION_ID=12\n";
inline std::string status(std::string_view name) {
  return base::cat({"Package: ", name, "\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"});
}

}  // namespace limpid::scan::testing
