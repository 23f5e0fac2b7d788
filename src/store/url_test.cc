#include <gtest/gtest.h>

#include "store/store.h"

namespace limpid::store {
namespace {

TEST(PrintableUrl, LeavesWhatHasNoPassword) {
  for (const std::string url :
       {"", "sqlite:/var/lib/limpid/store", "sqlite:a@b:c", "postgresql://", "postgres://host/db",
        "postgresql://user@host:5432/db?sslmode=require", "postgresql:///db?host=/run/x", "postgresql://host/db@x:y",
        "postgresql://[::1]:5432/db"})
    EXPECT_EQ(printable_url(url), url);
}

TEST(PrintableUrl, HidesThePasswordBeforeTheHost) {
  EXPECT_EQ(printable_url("postgresql://user:secret@host/db"), "postgresql://user:***@host/db");
  EXPECT_EQ(printable_url("postgres://user:se@cr:et@host:5432/db?a=b@c"), "postgres://user:***@host:5432/db?a=b@c");
  EXPECT_EQ(printable_url("postgresql://user:secret@"), "postgresql://user:***@");
  EXPECT_EQ(printable_url("postgresql://:secret@host"), "postgresql://:***@host");
  EXPECT_EQ(printable_url("postgresql://user:@host"), "postgresql://user:***@host");
  EXPECT_EQ(printable_url("postgresql://user:secret@[::1]/db"), "postgresql://user:***@[::1]/db");
  EXPECT_EQ(printable_url("postgresql://user:secret@one:1,two:2/db"), "postgresql://user:***@one:1,two:2/db");
}

TEST(PrintableUrl, HidesThePasswordAmongTheParameters) {
  EXPECT_EQ(printable_url("postgresql://host/db?password=secret"), "postgresql://host/db?password=***");
  EXPECT_EQ(printable_url("postgresql:///db?user=u&password=secret&sslmode=require"),
            "postgresql:///db?user=u&password=***&sslmode=require");
  EXPECT_EQ(printable_url("postgresql://u:a@h/db?password=b&sslpassword=c"),
            "postgresql://u:***@h/db?password=***&sslpassword=***");
  EXPECT_EQ(printable_url("postgresql://h/db?password=&user=u"), "postgresql://h/db?password=***&user=u");
}

TEST(OpenStore, RefusesOtherUrlsWithoutShowingPasswords) {
  for (const std::string url : {"", "mysql://u:secret@h/db", "/var/lib/store", "SQLITE:x"}) {
    StoreOptions options;
    options.url = url;
    const auto store = open_store(options);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code(), Code::usage);
    EXPECT_EQ(store.error().describe().find("secret"), std::string::npos);
    EXPECT_NE(store.error().describe().find("sqlite:PATH"), std::string::npos);
  }
}

}  // namespace
}  // namespace limpid::store
