// SPDX-License-Identifier: MIT
#include "handler/json.hpp"
#include "handler/json_document.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace aadssh {
namespace {

using rapidjson::Value;

/// Where a rule was broken: the rule's value in the schema, the schema it stands in, and the
/// offending value.
struct Breach {
    const Value& rule;
    const Value& schema;
    const Value* found;
};

/// What it is, never what it says: somebody may have put a secret in the wrong place.
std::string_view kind_of(const Value& value) {
    constexpr std::array<std::string_view, 7> kinds = {
        "null", "a boolean", "a boolean", "an object", "an array", "a string", "a number"};
    return kinds.at(value.GetType());
}

std::string number_or_text(const Value& value) {
    return value.IsString() ? std::string(value.GetString(), value.GetStringLength())
                            : json_text(value);
}

std::string say_type(const Breach& breach) {
    const std::string type = number_or_text(breach.rule);
    const bool vowel = std::string_view("aeio").find(type.front()) != std::string_view::npos;
    return fmt::format("must be {} {}{}",
                       vowel ? "an" : "a",
                       type,
                       breach.found ? fmt::format(", not {}", kind_of(*breach.found)) : "");
}

std::string say_pattern(const Breach& breach) {
    return fmt::format("it does not match {}", number_or_text(breach.rule));
}

std::string say_unknown(const Breach& breach) {
    std::vector<std::string> known;
    if (const auto properties = breach.schema.FindMember("properties");
        properties != breach.schema.MemberEnd()) {
        for (const auto& member : properties->value.GetObject()) {
            known.emplace_back(member.name.GetString());
        }
    }
    return fmt::format("unknown setting (known: {})", fmt::join(known, ", "));
}

/// A phrase for each rule that our schemas use.
struct Wording {
    std::string_view keyword;
    std::string (*say)(const Breach&);
};
constexpr std::array<Wording, 9> wordings{{
    {"type", say_type},
    {"pattern", say_pattern},
    {"additionalProperties", say_unknown},
    {"enum", [](const Breach& b) { return "must be one of " + json_text(b.rule); }},
    {"minimum", [](const Breach& b) { return "must be at least " + json_text(b.rule); }},
    {"maximum", [](const Breach& b) { return "must be at most " + json_text(b.rule); }},
    {"minItems",
     [](const Breach& b) {
         return fmt::format("must have at least {} elements", json_text(b.rule));
     }},
    {"maxItems",
     [](const Breach& b) {
         return fmt::format("must have at most {} elements", json_text(b.rule));
     }},
    {"maxLength",
     [](const Breach& b) {
         return fmt::format("must have at most {} characters", json_text(b.rule));
     }},
}};

std::string phrase(std::string_view keyword, const Breach& breach) {
    for (const Wording& wording : wordings) {
        if (wording.keyword == keyword) {
            return wording.say(breach);
        }
    }
    return fmt::format("breaks the rule \"{}\": {}", keyword, json_text(breach.rule));
}

std::string path_text(const rapidjson::Pointer& pointer) {
    rapidjson::StringBuffer buffer;
    pointer.Stringify(buffer);
    return printable({buffer.GetString(), buffer.GetSize()}, 200);
}

}  // namespace

struct JsonSchema::Compiled {
    explicit Compiled(rapidjson::Document document) : rules(std::move(document)), schema(rules) {}

    rapidjson::Document rules;
    rapidjson::SchemaDocument schema;
};

JsonSchema::JsonSchema(std::string_view text) {
    rapidjson::Document rules;
    rules.Parse(text.data(), text.size());
    if (rules.HasParseError()) {
        throw std::logic_error("a compiled-in JSON schema is not valid JSON");
    }
    compiled_ = std::make_shared<const Compiled>(std::move(rules));
}

std::optional<SchemaError> Json::schema_error(const std::string& pointer,
                                              const JsonSchema& schema) const {
    const Value* value = document_->at(pointer);
    const Value absent;
    const rapidjson::Document& rules = schema.compiled_->rules;
    rapidjson::SchemaValidator validator(schema.compiled_->schema);
    if ((value ? *value : absent).Accept(validator)) {
        return {};
    }

    const rapidjson::Pointer place = validator.GetInvalidDocumentPointer();
    const Value* schema_there = validator.GetInvalidSchemaPointer().Get(rules);
    const char* keyword = validator.GetInvalidSchemaKeyword();
    if (!schema_there || !schema_there->IsObject() || !schema_there->HasMember(keyword)) {
        return SchemaError{path_text(place), fmt::format("breaks the rule \"{}\"", keyword)};
    }
    const Breach breach{
        (*schema_there)[keyword], *schema_there, value ? place.Get(*value) : nullptr};
    return SchemaError{path_text(place), phrase(keyword, breach)};
}

}  // namespace aadssh
