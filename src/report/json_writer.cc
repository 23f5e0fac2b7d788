#include "report/json_writer.h"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include "base/text.h"

namespace limpid::report {

struct JsonWriter::State {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer{buffer};
};

namespace {

rapidjson::SizeType size_of(std::string_view text) { return static_cast<rapidjson::SizeType>(text.size()); }
template <class Writer>
void write_key(Writer& writer, std::string_view name) {
  const std::string safe = base::is_utf8(name) ? std::string(name) : base::printable(name);
  writer.Key(safe.data(), size_of(safe));
}

}  // namespace

JsonWriter::JsonWriter() : state_(std::make_unique<State>()) { state_->writer.SetIndent(' ', 2); }
JsonWriter::~JsonWriter() = default;

void JsonWriter::open() { state_->writer.StartObject(); }
void JsonWriter::close() { state_->writer.EndObject(); }
void JsonWriter::open(std::string_view name) {
  write_key(state_->writer, name);
  state_->writer.StartObject();
}
void JsonWriter::open_list(std::string_view name) {
  write_key(state_->writer, name);
  state_->writer.StartArray();
}
void JsonWriter::close_list() { state_->writer.EndArray(); }
void JsonWriter::text(std::string_view name, std::string_view value) {
  write_key(state_->writer, name);
  element(value);
}
void JsonWriter::number(std::string_view name, std::uint64_t value) {
  write_key(state_->writer, name);
  state_->writer.Uint64(value);
}
void JsonWriter::real(std::string_view name, double value) {
  write_key(state_->writer, name);
  state_->writer.Double(value);
}
void JsonWriter::boolean(std::string_view name, bool value) {
  write_key(state_->writer, name);
  state_->writer.Bool(value);
}
void JsonWriter::element(std::string_view value) {
  if (base::is_utf8(value)) {
    state_->writer.String(value.data(), size_of(value));
    return;
  }
  const std::string safe = base::printable(value);
  state_->writer.String(safe.data(), size_of(safe));
}
std::string JsonWriter::take() {
  return base::printable_json(std::string(state_->buffer.GetString(), state_->buffer.GetSize())) + "\n";
}

}  // namespace limpid::report
