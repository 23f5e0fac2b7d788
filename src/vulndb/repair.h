// Makes the checksums of a database's bytes right again, as far as its structure can be followed: with it tests and
// fuzzing reach the checks that stand behind the checksums.
#pragma once

#include <string>

namespace limpid::vulndb {

void repair_checksums(std::string& bytes);

}  // namespace limpid::vulndb
