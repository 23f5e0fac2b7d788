// For this room's tests: bolt databases, written by the description of their format (bolt.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpid::image::testing {

struct BoltNode {
  std::map<std::string, std::string> values;
  std::map<std::string, BoltNode> buckets;
};

class BoltWriter {
 public:
  // `fanout`: elements of a page; a small one makes deep trees.
  explicit BoltWriter(std::size_t page_size = 4096, std::size_t fanout = 20, bool may_inline = true)
      : page_size_(page_size), fanout_(fanout), may_inline_(may_inline) {}

  std::string database(const BoltNode& top, std::uint64_t transaction = 7) {
    pages_.assign(2 * page_size_, '\0');
    const std::uint64_t root = write_tree(top);
    const std::uint64_t pages = pages_.size() / page_size_;
    for (std::uint64_t i = 0; i < 2; ++i)
      pages_.replace(i * page_size_, 80, meta(i, root, pages, i == transaction % 2 ? transaction : transaction - 1));
    return pages_;
  }

  // One meta page's first 80 bytes.
  std::string meta(std::uint64_t id, std::uint64_t root, std::uint64_t pages, std::uint64_t transaction) const {
    std::string body;
    put(body, 0xED0CDAED, 4);
    put(body, 2, 4);
    put(body, page_size_, 4);
    put(body, 0, 4);
    put(body, root, 8);
    put(body, 0, 8);
    put(body, ~std::uint64_t{0}, 8);
    put(body, pages, 8);
    put(body, transaction, 8);
    std::uint64_t hash = 14695981039346656037U;
    for (const char c : body) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
    put(body, hash, 8);
    return header(id, 4, 0, 0) + body;
  }

 private:
  struct Item {
    std::string key, value;
    bool is_bucket;
  };

  static void put(std::string& to, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i) to += i < 8 ? static_cast<char>(value >> (8 * i) & 0xff) : '\0';
  }
  static std::string header(std::uint64_t id, unsigned flags, std::size_t count, std::uint64_t overflow) {
    std::string text;
    put(text, id, 8);
    put(text, flags, 2);
    put(text, count, 2);
    put(text, overflow, 4);
    return text;
  }

  std::vector<Item> items_of(const BoltNode& node) {
    std::map<std::string, Item> sorted;
    for (const auto& [key, value] : node.values) sorted[key] = {key, value, false};
    for (const auto& [key, below] : node.buckets) sorted[key] = {key, bucket(below), true};
    std::vector<Item> items;
    for (auto& [key, item] : sorted) items.push_back(std::move(item));
    return items;
  }
  std::string bucket(const BoltNode& node) {
    std::string value;
    if (may_inline_ && node.buckets.empty()) {
      const std::string page = leaf(0, items_of(node));
      if (page.size() <= page_size_ / 4) {
        put(value, 0, 16);
        return value + page;
      }
    }
    put(value, write_tree(node), 8);
    put(value, 0, 8);
    return value;
  }

  static std::string leaf(std::uint64_t id, const std::vector<Item>& items) {
    std::string elements, data;
    for (std::size_t i = 0; i < items.size(); ++i) {
      put(elements, items[i].is_bucket ? 1 : 0, 4);
      put(elements, (items.size() - i) * 16 + data.size(), 4);
      put(elements, items[i].key.size(), 4);
      put(elements, items[i].value.size(), 4);
      data += items[i].key + items[i].value;
    }
    return header(id, 2, items.size(), 0) + elements + data;
  }
  static std::string branch(std::uint64_t id, const std::vector<std::pair<std::string, std::uint64_t>>& children) {
    std::string elements, data;
    for (std::size_t i = 0; i < children.size(); ++i) {
      put(elements, (children.size() - i) * 16 + data.size(), 4);
      put(elements, children[i].first.size(), 4);
      put(elements, children[i].second, 8);
      data += children[i].first;
    }
    return header(id, 1, children.size(), 0) + elements + data;
  }

  std::uint64_t append(std::string page) {
    const std::uint64_t id = pages_.size() / page_size_;
    const std::size_t whole = (page.size() + page_size_ - 1) / page_size_;
    std::string number, overflow;
    put(number, id, 8);
    put(overflow, whole - 1, 4);
    page.replace(0, 8, number);
    page.replace(12, 4, overflow);
    page.resize(whole * page_size_);
    pages_ += page;
    return id;
  }
  std::uint64_t write_tree(const BoltNode& node) {
    const std::vector<Item> items = items_of(node);
    std::vector<std::pair<std::string, std::uint64_t>> level;
    for (std::size_t at = 0; at == 0 || at < items.size(); at += fanout_) {
      const std::vector<Item> part(items.begin() + static_cast<std::ptrdiff_t>(at),
                                   items.begin() + static_cast<std::ptrdiff_t>(std::min(items.size(), at + fanout_)));
      level.emplace_back(part.empty() ? "" : part[0].key, append(leaf(0, part)));
    }
    while (level.size() > 1) {
      std::vector<std::pair<std::string, std::uint64_t>> above;
      for (std::size_t at = 0; at < level.size(); at += fanout_) {
        const std::vector<std::pair<std::string, std::uint64_t>> part(
            level.begin() + static_cast<std::ptrdiff_t>(at),
            level.begin() + static_cast<std::ptrdiff_t>(std::min(level.size(), at + fanout_)));
        above.emplace_back(part[0].first, append(branch(0, part)));
      }
      level = std::move(above);
    }
    return level[0].second;
  }

  std::size_t page_size_, fanout_;
  bool may_inline_;
  std::string pages_;
};

}  // namespace limpid::image::testing
