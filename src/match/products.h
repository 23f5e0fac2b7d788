// Which of a vendor's products an image's packages come from. Red Hat's statements speak of products by their CPE names
// (URI binding, https://csrc.nist.gov/pubs/ir/7695/final); an image names repositories, and the database knows which
// products each of these offers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "inventory/types.h"
#include "vulndb/database.h"

namespace limpid::match {

// How the products of a statement stand to those that a package may come from.
enum class Offer : std::uint8_t {
  none,      // none of them is the image's
  layered,   // what stands upon RHEL
  base,      // RHEL itself, another vendor's, or no product is asked for
  extended,  // a minor release of RHEL with longer support: EUS, AUS, E4S, TUS
};

class ImageProducts {
 public:
  // Nothing is known: RHEL's own products count, and no others.
  ImageProducts() = default;
  bool are_known() const { return !layers_.empty(); }
  static Result<ImageProducts> find(const inventory::ImageInventory& image, const vulndb::Database& database);

  // For a package that this layer introduced. Of several products the one that comes last in the enumeration counts.
  Offer offer(const vulndb::Statement& statement, std::uint32_t layer);

 private:
  struct Set {
    std::vector<std::string> cpes;
    bool base = true;  // RHEL's own products count besides
    // By product, whether stated with a fix or without: there are few products and many statements.
    std::map<std::string, Offer, std::less<>> fixed, unfixed;
  };
  static Offer offer(const Set& set, std::string_view product, bool is_fix);

  std::vector<Set> sets_;
  std::vector<std::uint32_t> layers_;  // by layer, its set; empty where there are none
};

// Whether an image of a release of RHEL whose repositories nobody knows may hold a package of the product: true of
// RHEL's own repositories, false of what extends or stands upon it (EUS, OpenShift).
bool is_base_product(std::string_view cpe);
// RHEL with longer support than its minor releases have: "cpe:/o:redhat:rhel_eus:9.2::baseos".
bool is_extended_product(std::string_view cpe);
// Whether a statement on the first product speaks of the second: by component, an empty one being any, or where the
// first is the second's beginning ("openshift:4" of "openshift:4.14::el9"). The part ("a", "o") does not matter.
bool covers_product(std::string_view stated, std::string_view offered);

}  // namespace limpid::match
