// SPDX-License-Identifier: MIT
#include "handler/json.hpp"

#include "handler/json_document.hpp"
#include "handler/utf8.hpp"

#include <fmt/format.h>

#include <cmath>

namespace aadssh {
namespace {

constexpr std::size_t size_limit = 1024UL * 1024;
constexpr int depth_limit = 32;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Iterative: the recursive parser would let a deeply nested text overflow the stack.
constexpr unsigned parse_flags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;

/// Runs through a text before a document is made of it and stops at what we don't take.
class Limits : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Limits> {
  public:
    bool StartObject() { return enter(); }
    bool StartArray() { return enter(); }
    bool EndObject(rapidjson::SizeType) { return leave(); }
    bool EndArray(rapidjson::SizeType) { return leave(); }
    bool Key(const char* text, rapidjson::SizeType length, bool copy) {
        return String(text, length, copy);
    }

    bool String(const char* text, rapidjson::SizeType length, bool) {
        const std::string_view view(text, length);
        // A schema's patterns look only as far as the first NUL, and so does every system call.
        if (view.find('\0') != std::string_view::npos) {
            return refuse("a string holds the character U+0000");
        }
        // The reader lets an escaped lone low surrogate (\udc00) through.
        for (std::size_t at = 0; at < view.size();) {
            const std::size_t step = utf8_length(view, at);
            if (step == 0) {
                return refuse("a string holds half of a surrogate pair");
            }
            at += step;
        }
        return true;
    }

    /// Its digits and its exponent may be fine and it be infinite all the same, which JSON has no
    /// word for: it could not be written again.
    bool Double(double number) {
        return std::isfinite(number) || refuse("a number is too large to be held");
    }

    const std::string& reason() const { return reason_; }

  private:
    bool enter() {
        return ++depth_ <= depth_limit ||
               refuse(fmt::format("nested more than {} deep", depth_limit));
    }
    bool leave() {
        --depth_;
        return true;
    }
    bool refuse(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }

    int depth_ = 0;
    std::string reason_;
};

/// Why the text is not taken; empty when it is.
std::string refusal(std::string_view text) {
    if (text.size() > size_limit) {
        return fmt::format("larger than {} bytes", size_limit);
    }
    if (text.find('\0') != std::string_view::npos) {
        return "a NUL byte in the text";
    }
    rapidjson::MemoryStream stream(text.data(), text.size());
    rapidjson::Reader reader;
    Limits limits;
    const rapidjson::ParseResult result = reader.Parse<parse_flags>(stream, limits);
    if (!result.IsError()) {
        return {};
    }
    if (!limits.reason().empty()) {
        return fmt::format("{} (at byte {})", limits.reason(), result.Offset());
    }
    std::string words = rapidjson::GetParseError_En(result.Code());
    while (words.ends_with('.')) {
        words.pop_back();
    }
    return fmt::format("not valid JSON: {} (at byte {})", words, result.Offset());
}

}  // namespace

std::optional<Json> Json::parse(std::string_view text, std::string& error) {
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    error = refusal(text);
    if (!error.empty()) {
        return {};
    }
    auto document = std::make_shared<Document>();
    document->root.Parse<parse_flags>(text.data(), text.size());
    Json json;
    json.document_ = std::move(document);
    return json;
}

const rapidjson::Value* Json::Document::at(const std::string& pointer) const {
    const rapidjson::Pointer path(pointer.data(), pointer.size());
    return path.IsValid() ? path.Get(root) : nullptr;
}

std::string json_text(const rapidjson::Value& value) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    value.Accept(writer);
    return {buffer.GetString(), buffer.GetSize()};
}

std::optional<std::string> Json::string(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    if (!value || !value->IsString()) {
        return {};
    }
    return std::string(value->GetString(), value->GetStringLength());
}

std::optional<std::int64_t> Json::integer(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    if (!value || !value->IsInt64()) {
        return {};
    }
    return value->GetInt64();
}

std::optional<bool> Json::boolean(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    if (!value || !value->IsBool()) {
        return {};
    }
    return value->GetBool();
}

std::optional<std::vector<std::string>> Json::strings(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    if (!value || !value->IsArray()) {
        return {};
    }
    std::vector<std::string> result;
    for (const auto& element : value->GetArray()) {
        if (!element.IsString()) {
            return {};
        }
        result.emplace_back(element.GetString(), element.GetStringLength());
    }
    return result;
}

std::optional<std::size_t> Json::size(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    if (!value || !value->IsArray()) {
        return {};
    }
    return value->Size();
}

bool Json::is_object(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    return value && value->IsObject();
}

bool Json::is_null_or_absent(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    return !value || value->IsNull();
}

std::vector<std::string> Json::keys(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    if (!value || !value->IsObject()) {
        return {};
    }
    std::vector<std::string> result;
    for (const auto& member : value->GetObject()) {
        result.emplace_back(member.name.GetString(), member.name.GetStringLength());
    }
    return result;
}

std::string Json::text(const std::string& pointer) const {
    const auto* value = document_->at(pointer);
    return value ? json_text(*value) : "null";
}

}  // namespace aadssh
