// What has a known form takes few bytes, and everything reads back to the byte.
#include "vulndb/short_forms.h"

#include <gtest/gtest.h>

namespace limpid::vulndb {
namespace {

using format::Decoder;
using format::Encoder;

TEST(ShortForms, TimesReadBack) {
  for (const auto& [time, size_max] : {std::pair{"2024-05-06T07:08:09Z", 5U},
                                       {"2024-05-06T07:08:09.123Z", 7U},
                                       {"2024-05-06T07:08:09.000Z", 6U},
                                       {"1970-01-01T00:00:00Z", 1U},
                                       {"2099-12-31T23:59:59Z", 5U},
                                       {"", 2U},
                                       {"2024-05-06", 12U},
                                       {"2024-05-06T07:08:09+00:00", 27U},
                                       {"2024-05-06T24:08:09Z", 22U},
                                       {"2024-05-06T23:59:60Z", 22U},
                                       {"2024-02-30T00:00:00Z", 22U},
                                       {"2024-05-06 07:08:09Z", 22U},
                                       {"2024-05-06T07:08:09z", 22U},
                                       {"2024-05-06T07:08:09.12xZ", 26U},
                                       {"1969-12-31T23:59:59Z", 22U},
                                       {"2100-01-01T00:00:00Z", 22U}}) {
    Encoder out;
    encode_time(time, out);
    EXPECT_LE(out.size(), size_max) << time;
    Decoder in(out.view());
    EXPECT_EQ(decode_time(in), time);
    EXPECT_TRUE(in.finished()) << time;
  }
}

TEST(ShortForms, WeaknessesReadBack) {
  for (const auto* weakness : {"CWE-79", "CWE-0", "CWE-1", "CWE-999999", "CWE-1000000", "CWE-079", "CWE-", "cwe-79", "",
                               "NVD-CWE-noinfo", "CWE-18446744073709551616"}) {
    Encoder out;
    encode_weakness(weakness, out);
    Decoder in(out.view());
    EXPECT_EQ(decode_weakness(in), weakness);
    EXPECT_TRUE(in.finished()) << weakness;
  }
}

TEST(ShortForms, VectorsReadBack) {
  for (const auto& [version, vector, is_short] :
       {std::tuple{"2", "AV:N/AC:L/Au:N/C:P/I:P/A:P", true},
        {"3.0", "CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:C/C:H/I:H/A:H", true},
        {"3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", true},
        {"4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N", true},
        {"4.0", "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:L/VA:L/SC:N/SI:N/SA:N/E:P", false},
        {"3.1", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", false},
        {"3.1", "CVSS:3.1/AC:L/AV:N/PR:N/UI:N/S:U/C:N/I:N/A:N", false},
        {"3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N/", false},
        {"3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:", false},
        {"3.1", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", false},
        {"", "", false},
        {"5", "AV:N", false}}) {
    Encoder out;
    encode_vector(version, vector, out);
    EXPECT_EQ(out.size() <= 4, is_short || std::string_view(vector).empty()) << vector;
    Decoder in(out.view());
    std::string read_version, read_vector;
    decode_vector(in, read_version, read_vector);
    EXPECT_EQ(read_version, version);
    EXPECT_EQ(read_vector, vector);
    EXPECT_TRUE(in.finished()) << vector;
  }
}

}  // namespace
}  // namespace limpid::vulndb
