// Indented JSON, written field by field in a fixed order. A string that is not UTF-8 has its stray bytes written as
// \xNN; what could drive a terminal is escaped as JSON does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace limpid::report {

class JsonWriter {
 public:
  JsonWriter();
  ~JsonWriter();
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  void open();  // an object: the document, or an element of a list
  void close();
  void open(std::string_view name);
  void open_list(std::string_view name);
  void close_list();
  void text(std::string_view name, std::string_view value);
  void number(std::string_view name, std::uint64_t value);
  void real(std::string_view name, double value);  // the shortest text that means the same; finite
  void boolean(std::string_view name, bool value);
  template <class Strings>
  void list(std::string_view name, const Strings& values) {
    open_list(name);
    for (const auto& value : values) element(value);
    close_list();
  }
  // The document, with a newline at its end.
  std::string take();

 private:
  void element(std::string_view value);
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace limpid::report
