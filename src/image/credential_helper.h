// Programs that keep credentials: docker-credential-NAME, asked over standard input and output.
// https://github.com/docker/docker-credential-helpers#development
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "base/error.h"
#include "image/docker_config.h"

namespace limpid::image {

inline constexpr std::chrono::milliseconds kHelperTimeMax{30'000};
inline constexpr std::size_t kHelperOutputMax = std::size_t{64} << 10;

// Runs `docker-credential-<name> get` from $PATH, without a shell, for `server`. Empty credentials where the program
// says that it has none. Neither its output nor what it says on standard error is repeated in an error.
Result<Credentials> ask_helper(const std::string& name, const std::string& server, const std::atomic<bool>* cancel,
                               std::chrono::milliseconds time_max = kHelperTimeMax);

}  // namespace limpid::image
