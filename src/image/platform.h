// Platforms as people and registries write them, and which of those on offer serves.
// https://github.com/opencontainers/image-spec/blob/main/image-index.md#image-index-property-descriptions
#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"
#include "image/types.h"

namespace limpid::image {

// "os/arch[/variant]", "arch" or "os"; architectures as uname and Debian spell them are understood too.
Result<Platform> parse_platform(std::string_view text);
// linux on this machine's architecture.
Platform host_platform();
// The usual spelling: aarch64 and arm64/v8 are arm64, arm is arm/v7.
Platform normalised(Platform platform);
// Of a source with a single image, whose manifest.platform is known: Code::not_found if it does not serve `asked`
// (OpenOptions::platform). Where nothing was asked for it is taken, and manifest.notes says so if this machine is
// another.
Result<void> judge_platform(std::string_view asked, Manifest& manifest);
// How far `offered` is from `wanted`: 0 is the same, nothing means that it does not serve.
std::optional<unsigned> distance(const Platform& wanted, const Platform& offered);

}  // namespace limpid::image
