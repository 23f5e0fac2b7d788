#include "image/spill.h"

#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace limpid::image {

Result<base::File> temporary_file() {
  const char* base_folder = std::getenv("TMPDIR");
  const std::string folder = base_folder != nullptr && *base_folder != '\0' ? base_folder : "/tmp";
  const int unnamed = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (unnamed >= 0) return base::File(unnamed);
  std::string path = folder + "/limpid-XXXXXX";
  const int named = ::mkostemp(path.data(), O_CLOEXEC);
  if (named < 0) return base::fail_errno({path});
  ::unlink(path.c_str());
  return base::File(named);
}

}  // namespace limpid::image
