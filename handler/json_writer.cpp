// SPDX-License-Identifier: MIT
#include "handler/json.hpp"
#include "handler/rapidjson.hpp"
#include "handler/utf8.hpp"

namespace aadssh {

struct JsonWriter::Impl {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer{buffer};
    std::string open;  ///< '{' or '[' for each value not closed yet
};

JsonWriter::JsonWriter() : impl_(std::make_unique<Impl>()) {}
JsonWriter::~JsonWriter() = default;

JsonWriter& JsonWriter::object() {
    impl_->writer.StartObject();
    impl_->open += '{';
    return *this;
}

JsonWriter& JsonWriter::array() {
    impl_->writer.StartArray();
    impl_->open += '[';
    return *this;
}

JsonWriter& JsonWriter::end() {
    const bool object = impl_->open.back() == '{';
    impl_->open.pop_back();
    object ? impl_->writer.EndObject() : impl_->writer.EndArray();
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    const std::string text = valid_utf8(name);
    impl_->writer.Key(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
    const std::string valid = valid_utf8(text);
    impl_->writer.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
    return *this;
}

JsonWriter& JsonWriter::value(const char* text) {
    return value(std::string_view(text));
}

JsonWriter& JsonWriter::value(std::int64_t number) {
    impl_->writer.Int64(number);
    return *this;
}

JsonWriter& JsonWriter::value(int number) {
    impl_->writer.Int(number);
    return *this;
}

JsonWriter& JsonWriter::value(bool flag) {
    impl_->writer.Bool(flag);
    return *this;
}

JsonWriter& JsonWriter::null() {
    impl_->writer.Null();
    return *this;
}

JsonWriter& JsonWriter::raw(std::string_view json) {
    // The type only tells the writer where commas belong; it is not looked at otherwise.
    impl_->writer.RawValue(json.data(), json.size(), rapidjson::kObjectType);
    return *this;
}

std::string JsonWriter::text() const {
    return {impl_->buffer.GetString(), impl_->buffer.GetSize()};
}

}  // namespace aadssh
