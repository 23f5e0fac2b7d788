// Which namespaces of the database are asked about a package: that of its release, and beside it what speaks of images
// with a subscription, or of packages that somebody else has rebuilt.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "inventory/types.h"
#include "vulndb/database.h"

namespace limpid::match {

// What an image tells of where its packages come from, beside their namespace.
struct Origins {
  std::string name_space, release;  // the distribution's namespace, and how advisories spell it
  std::string parent;               // inventory::Distribution::parent
  bool subscribed = false;          // takes packages from Ubuntu's Expanded Security Maintenance
  bool rootio = false;              // holds packages that Root.io has rebuilt
};
Origins origins_of(const inventory::ImageInventory& image);

// The namespace whose statements speak of the packages of this one, as advisory_namespace() tells it (conditions.h);
// and for those whose advisories have no releases, or no minor ones, whatever their images say. "" if there is none.
std::string release_space(const vulndb::Database& database, const Origins& origins, const std::string& name_space);

// Where the database has nothing of the image's distribution and speaks of the release that this is made of: that
// release, whose statements release_space() takes. "" otherwise.
std::string parent_space(const vulndb::Database& database, const Origins& origins);
// Whether the derivative built the package itself, in place of taking its parent's: what is said of that one's version
// need not hold.
bool is_own(const inventory::Package& package);

// A second namespace and what its statements are worth.
struct SecondSpace {
  enum class Role : std::uint8_t {
    none,
    subscription,  // its fixes count beside the release's: a package with either is free of the flaw
    supplier,      // what it says of a flaw takes the place of what the release says
    alone,         // the release's statements do not speak of the package at all
  };
  Role role = Role::none;
  std::string name_space;       // one that the database has; "" with Role::alone if it has none
  std::string_view other_name;  // what the supplier may put before a package's name, "" for nothing
};
SecondSpace second_space(const vulndb::Database& database, const Origins& origins, const inventory::Package& package);

// Where updates for subscribers to the release of a package are told of, or to the one that its own is made of:
// "ubuntu:22.04+esm"; "" if the database has nothing of the kind.
std::string subscription_space(const vulndb::Database& database, const Origins& origins, std::string_view name_space);

}  // namespace limpid::match
