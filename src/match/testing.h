// A database and an image for the tests of this room, made of a few words.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/file.h"
#include "inventory/types.h"
#include "vulndb/compiler.h"
#include "vulndb/database.h"

namespace limpid::match {

class DatabaseMaker {
 public:
  DatabaseMaker& feed(std::string_view name) {
    compiler_.begin_feed(name, "test");
    return *this;
  }
  // One statement with at most one range.
  DatabaseMaker& statement(std::string id, std::string package, advisory::Status status, std::string fixed = "",
                           std::string severity = "", std::vector<std::string> upstream = {},
                           std::string name_space = "debian:12") {
    advisory::Advisory record;
    record.id = std::move(id);
    record.upstream = std::move(upstream);
    advisory::Affected affected;
    affected.name_space = std::move(name_space);
    affected.package = std::move(package);
    affected.scheme = affected.name_space.starts_with("alpine") ? version::Scheme::apk : version::Scheme::dpkg;
    affected.status = status;
    affected.severity = std::move(severity);
    if (status != advisory::Status::not_affected) affected.ranges.push_back({"", std::move(fixed), ""});
    record.affected.push_back(std::move(affected));
    compiler_.add(std::move(record));
    return *this;
  }
  DatabaseMaker& add(advisory::Advisory record) {
    compiler_.add(std::move(record));
    return *this;
  }
  DatabaseMaker& available(std::string package, std::string version) {
    compiler_.add(advisory::Available{"debian:12", std::move(package), advisory::KeyKind::source, version::Scheme::dpkg,
                                      std::move(version)});
    return *this;
  }
  DatabaseMaker& lifecycle(std::string name_space, std::string standard, std::string extended = "",
                           std::string paid = "") {
    compiler_.add(
        advisory::EndOfLife{std::move(name_space), "", "", std::move(standard), std::move(extended), std::move(paid)});
    return *this;
  }
  DatabaseMaker& add(advisory::PackageSupport support) {
    compiler_.add(std::move(support));
    return *this;
  }
  DatabaseMaker& repository(std::string name, std::vector<std::string> products) {
    compiler_.add(advisory::RepositoryProducts{std::move(name), std::move(products)});
    return *this;
  }
  DatabaseMaker& add(advisory::Enrichment enrichment) {
    compiler_.add(std::move(enrichment));
    return *this;
  }
  vulndb::Database make() {
    auto folder = base::TemporaryDirectory::make("limpid-match-test-");
    const std::string path = folder.value().path() + "/db";
    EXPECT_TRUE(compiler_.write(path));
    auto database = vulndb::Database::open(path);
    EXPECT_TRUE(database) << database.error().describe();
    return *std::move(database);
  }

 private:
  vulndb::Compiler compiler_;
};

inline inventory::Package debian_package(std::string name, std::string version, std::string source = "",
                                         std::string source_version = "") {
  inventory::Package package;
  package.ecosystem = "Debian";
  package.name_space = "debian:12";
  package.scheme = version::Scheme::dpkg;
  package.arch = "amd64";
  package.source_name = source.empty() ? name : std::move(source);
  package.source_version = source_version.empty() ? version : std::move(source_version);
  package.name = std::move(name);
  package.version = std::move(version);
  return package;
}

inline inventory::ImageInventory debian_image(std::vector<inventory::Package> packages) {
  inventory::ImageInventory image;
  image.distribution.id = "debian";
  image.distribution.name_space = "debian:12";
  image.distribution.pretty_name = "Debian GNU/Linux 12 (bookworm)";
  image.packages = std::move(packages);
  image.layers.resize(1);
  return image;
}

}  // namespace limpid::match
