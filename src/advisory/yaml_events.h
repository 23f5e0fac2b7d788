// YAML as a stream of events, https://pyyaml.org/wiki/LibYAML: nothing is built from the document but what its reader
// keeps, and aliases are refused, so that no text can expand. Only for .cc files: libyaml's header comes along.
#pragma once

#include <cstddef>
#include <string>

#include <yaml.h>

#include "base/bytes.h"
#include "base/error.h"

namespace limpid::advisory {

inline constexpr std::size_t kYamlDepthMax = 16;

class YamlEvents {
 public:
  // `text` must outlive it.
  explicit YamlEvents(const std::string& text) {
    ready_ = yaml_parser_initialize(&parser_) == 1;
    if (ready_) yaml_parser_set_input_string(&parser_, base::as_bytes(text).data(), text.size());
  }
  YamlEvents(const YamlEvents&) = delete;
  YamlEvents& operator=(const YamlEvents&) = delete;
  ~YamlEvents() {
    release();
    if (ready_) yaml_parser_delete(&parser_);
  }

  // The next event, owned by the reader and valid until the following call.
  Result<const yaml_event_t*> next() {
    if (!ready_) return fail(Code::internal, {"YAML: no memory"});
    release();
    if (yaml_parser_parse(&parser_, &event_) != 1) {
      return fail(Code::invalid, {"YAML: ", parser_.problem == nullptr ? "not readable" : parser_.problem, " in line ",
                                  parser_.problem_mark.line + 1});
    }
    held_ = true;
    return &event_;
  }
  std::size_t line() const { return event_.start_mark.line + 1; }

 private:
  void release() {
    if (held_) yaml_event_delete(&event_);
    held_ = false;
  }
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  bool ready_ = false, held_ = false;
};

}  // namespace limpid::advisory
