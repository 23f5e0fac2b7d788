// A node of the service: everything that `limpid serve` runs, put together.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/error.h"
#include "service/config.h"

namespace limpid::service {

// What a drain waits for at most: Clair waited for ever, and so was killed by whoever stopped it.
inline constexpr std::chrono::seconds kDrainTime{60};

class Service {
 public:
  // Opens the store, the database and the listeners. Nothing is answered before start().
  static Result<std::unique_ptr<Service>> open(const Config& config);
  virtual ~Service() = default;
  virtual void start() = 0;
  virtual std::string api_address() const = 0;
  virtual std::string health_address() const = 0;
  // Stops accepting, finishes what runs, then stops the threads. True if nothing was cut off.
  virtual bool stop() = 0;
};

// The folder for what a service keeps: `configured`, else $XDG_DATA_HOME/limpid, else ~/.local/share/limpid. Made.
Result<std::string> data_folder(const std::string& configured);

}  // namespace limpid::service
