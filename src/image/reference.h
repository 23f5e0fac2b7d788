// What stands behind a path: PATH:TAG, PATH:NAME:TAG, PATH@DIGEST; and whether an image goes by it.
// https://github.com/distribution/reference
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpid::image {

// Whether `stored`, a tag ("3.19") or a full name ("docker.io/library/alpine:3.19"), is what `wanted` means: the same
// text, the same name with Docker's defaults filled in, or, where `wanted` is a lone tag, the tag of `stored`.
bool reference_matches(std::string_view stored, std::string_view wanted);

// "a, b, c and 7 more", for errors.
std::string list_some(const std::vector<std::string>& items);

}  // namespace limpid::image
