// .trivyignore files: any text, rules and warnings, nothing else.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "match/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> warnings;
  for (const limpid::match::IgnoreRule& rule :
       limpid::match::parse_trivyignore(limpid::base::as_text({data, size}), warnings))
    if (rule.id.empty()) __builtin_trap();  // a rule without an id would ignore what it does not name
  return 0;
}
