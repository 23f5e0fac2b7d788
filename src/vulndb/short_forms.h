// Texts of a known form as a few bytes: CVSS vectors, times, weaknesses. What is not of the form, to the byte, is kept
// as it is.
#pragma once

#include <string>
#include <string_view>

#include "vulndb/format.h"

namespace limpid::vulndb {

// "2024-05-06T07:08:09Z", "2024-05-06T07:08:09.123Z": twice the seconds since 1970 and 1, and 1 more and then the
// milliseconds if there are some; else 0 and the text.
void encode_time(std::string_view time, format::Encoder& out);
std::string decode_time(format::Decoder& in);

// "CWE-79": its number and 1; else 0 and the text.
void encode_weakness(std::string_view weakness, format::Encoder& out);
std::string decode_weakness(format::Decoder& in);

// The base metrics of a vector of version 2, 3.0, 3.1 or 4.0, and no others, in the order of the standard
// (https://www.first.org/cvss/): a form (1 to 4) and the metrics' values as the digits of one number, the first the
// lowest; else 0 and the two texts.
void encode_vector(std::string_view version, std::string_view vector, format::Encoder& out);
void decode_vector(format::Decoder& in, std::string& version, std::string& vector);

}  // namespace limpid::vulndb
