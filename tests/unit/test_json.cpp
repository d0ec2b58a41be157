// SPDX-License-Identifier: MIT
#include "handler/json.hpp"
#include "handler/utf8.hpp"

#include <doctest/doctest.h>

namespace aadssh {
namespace {

Json parsed(std::string_view text) {
    std::string error;
    auto json = Json::parse(text, error);
    REQUIRE_MESSAGE(json, error);
    return *json;
}

std::string refusal(std::string_view text) {
    std::string error;
    CHECK_FALSE(Json::parse(text, error));
    CHECK_FALSE(error.empty());
    return error;
}

std::string nested(std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
}

TEST_CASE("json: values are found by pointer and type") {
    const Json json = parsed(
        R"({"a":{"text":"x","number":-7,"flag":true,"none":null},"list":["p","q"],"mixed":["p",1],"a/b":1})");
    CHECK(json.string("/a/text") == "x");
    CHECK(json.integer("/a/number") == -7);
    CHECK(json.boolean("/a/flag") == true);
    CHECK(json.is_null_or_absent("/a/none"));
    CHECK(json.is_null_or_absent("/a/nothing"));
    CHECK_FALSE(json.is_null_or_absent("/a/text"));
    CHECK(json.strings("/list") == std::vector<std::string>{"p", "q"});
    CHECK(json.size("/list") == 2);
    CHECK(json.integer("/a~1b") == 1);
    CHECK(json.is_object(""));
    CHECK(json.keys("/a") == std::vector<std::string>{"text", "number", "flag", "none"});
    CHECK(json.text("/list") == R"(["p","q"])");
    CHECK(json.text("/nothing") == "null");
}

TEST_CASE("json: another type, a missing value or a broken pointer gives nothing") {
    const Json json =
        parsed(R"({"text":"x","number":1,"real":1.5,"mixed":["p",1],"huge":18446744073709551615})");
    CHECK_FALSE(json.integer("/text"));
    CHECK_FALSE(json.integer("/real"));
    CHECK_FALSE(json.integer("/huge"));
    CHECK_FALSE(json.string("/number"));
    CHECK_FALSE(json.boolean("/number"));
    CHECK_FALSE(json.strings("/mixed"));
    CHECK_FALSE(json.strings("/text"));
    CHECK_FALSE(json.size("/text"));
    CHECK_FALSE(json.is_object("/text"));
    CHECK(json.keys("/mixed").empty());
    CHECK_FALSE(json.string("/mixed/7"));
    CHECK_FALSE(json.string("no slash at the start"));
    CHECK_FALSE(json.string("/text/~9"));
}

TEST_CASE("json: a copy lives on without the original") {
    std::optional<Json> original = parsed(R"(["kept"])");
    const Json copy = *original;
    original.reset();
    CHECK(copy.string("/0") == "kept");
}

TEST_CASE("json: a byte order mark at the start is passed over") {
    CHECK(parsed("\xEF\xBB\xBF{\"a\":1}").integer("/a") == 1);
}

TEST_CASE("json: what is no JSON is refused with a reason and a place") {
    CHECK(refusal("") == "not valid JSON: The document is empty (at byte 0)");
    CHECK(refusal("{\"a\":") == "not valid JSON: Invalid value (at byte 5)");
    CHECK(refusal("{} x").find("(at byte 3)") != std::string::npos);
    for (const std::string text :
         {"{\"a\":1,}", "{'a':1}", "// x\n1", "NaN", "1e999", R"("\ud800")", "[1"}) {
        CAPTURE(text);
        CHECK(refusal(text).starts_with("not valid JSON: "));
    }
}

TEST_CASE("json: text that is not UTF-8 is refused") {
    for (const std::string text : {"[\"\xFF\"]",
                                   "[\"\xC0\xAF\"]",
                                   "[\"\xED\xA0\x80\"]",
                                   "[\"\xE2\x82\"]",
                                   "\xFF\xFE[\x01]"}) {
        CAPTURE(text);
        refusal(text);
    }
    CHECK(refusal(R"(["\udc00"])") == "a string holds half of a surrogate pair (at byte 9)");
}

TEST_CASE("json: a number that no double holds is refused, however it is written") {
    CHECK(refusal("[1e400]") ==
          "not valid JSON: Number too big to be stored in double (at byte 1)");
    // Each half of it is within its limits.
    CHECK(refusal("[-10000000000000020000e299]").starts_with("a number is too large to be held"));
    CHECK(parsed("[-1.7e308]").text("") == "[-1.7e308]");
}

TEST_CASE("json: NUL is refused, in the text and escaped") {
    CHECK(refusal(std::string_view("[1]\0", 4)) == "a NUL byte in the text");
    CHECK(refusal(R"(["a\u0000b"])").starts_with("a string holds the character U+0000"));
    CHECK(refusal(R"({"a\u0000b":1})").starts_with("a string holds the character U+0000"));
}

TEST_CASE("json: nested 32 deep is accepted, deeper is not") {
    CHECK(parsed(nested(32)).size("") == 1);
    CHECK(refusal(nested(33)) == "nested more than 32 deep (at byte 32)");
}

TEST_CASE("json: half a million brackets do not overflow the stack") {
    CHECK(refusal(std::string(500'000, '[')) == "nested more than 32 deep (at byte 32)");
    CHECK(refusal(std::string(500'000, '{')).starts_with("not valid JSON"));
}

TEST_CASE("json: 1 MiB is accepted, one byte more is not") {
    const std::size_t limit = 1024UL * 1024;
    const std::string full = '"' + std::string(limit - 2, 'x') + '"';
    CHECK(parsed(full).string("")->size() == limit - 2);
    CHECK(refusal(full + " ") == "larger than 1048576 bytes");
}

const JsonSchema schema(R"({
  "type": "object", "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "pattern": "^[a-z]{3}$", "maxLength": 3},
    "list": {"type": "array", "maxItems": 2, "items": {"type": "string", "pattern": "^x"}},
    "number": {"type": "integer", "minimum": 10, "maximum": 840},
    "inner": {"type": "object", "additionalProperties": false, "properties": {"one": {}, "two": {"enum": ["p", "q"]}}}
  }
})");

std::string complaint(std::string_view text) {
    const auto error = parsed(text).schema_error("", schema);
    return error ? error->text() : "";
}

TEST_CASE("json schema: valid documents have no error") {
    CHECK(complaint("{}") == "");
    CHECK(complaint(R"({"name":"abc","list":["x","xy"],"number":10,"inner":{"two":"q"}})") == "");
}

TEST_CASE("json schema: a breach is told with its path and the rule") {
    CHECK(complaint("[]") == "must be an object, not an array");
    CHECK(complaint(R"({"foo":1})") == "/foo: unknown setting (known: name, list, number, inner)");
    CHECK(complaint(R"({"inner":{"three":1}})") ==
          "/inner/three: unknown setting (known: one, two)");
    CHECK(complaint(R"({"list":["x","nox"]})") == "/list/1: it does not match ^x");
    CHECK(complaint(R"({"list":["x",1]})") == "/list/1: must be a string, not a number");
    CHECK(complaint(R"({"list":["x","x","x"]})") == "/list: must have at most 2 elements");
    CHECK(complaint(R"({"number":9})") == "/number: must be at least 10");
    CHECK(complaint(R"({"number":841})") == "/number: must be at most 840");
    CHECK(complaint(R"({"number":"20"})") == "/number: must be an integer, not a string");
    CHECK(complaint(R"({"number":20.5})") == "/number: must be an integer, not a number");
    CHECK(complaint(R"({"number":null})") == "/number: must be an integer, not null");
    CHECK(complaint(R"({"name":"abcd"})") == "/name: must have at most 3 characters");
    CHECK(complaint(R"({"inner":{"two":"r"}})") == R"(/inner/two: must be one of ["p","q"])");
}

TEST_CASE("json schema: quoted values are short, printable and scrubbed") {
    const std::string value =
        R"("http://user:secret@host/)" + std::string(500, 'y') + R"(\u001b\u202e")";
    for (const std::string& text : {R"({"list":[)" + value + "]}", R"({"number":)" + value + "}"}) {
        const std::string shown = complaint(text);
        CHECK(shown.find("secret") == std::string::npos);
        CHECK(shown.size() < 130);
        CHECK(shown.find('\x1b') == std::string::npos);
    }
}

TEST_CASE("json schema: the part below a pointer is checked, its paths are relative to it") {
    const Json json = parsed(R"({"outer":[{"number":1}]})");
    CHECK(json.schema_error("/outer/0", schema)->path == "/number");
    CHECK(json.schema_error("/outer/7", schema)->text() == "must be an object");
    CHECK_THROWS_AS(JsonSchema("{"), std::logic_error);
}

TEST_CASE("json writer: compact text that reads back") {
    JsonWriter json;
    json.object();
    json.key("text")
        .value("a \"quoted\"\nline")
        .key("number")
        .value(-1)
        .key("big")
        .value(std::int64_t{1} << 40U);
    json.key("flag").value(false).key("none").null().key("raw").raw(R"([1,{"a":2}])");
    json.key("list").array().value(1).array().end().object().end().end();
    json.end();
    CHECK(
        json.text() ==
        R"({"text":"a \"quoted\"\nline","number":-1,"big":1099511627776,"flag":false,"none":null,"raw":[1,{"a":2}],"list":[1,[],{}]})");
    CHECK(parsed(json.text()).string("/text") == "a \"quoted\"\nline");
}

TEST_CASE("json writer: bytes that are not UTF-8 become U+FFFD") {
    JsonWriter json;
    json.array().value("a\xFF\xC3\xA9z").end();
    CHECK(json.text() == "[\"a\xEF\xBF\xBD\xC3\xA9z\"]");
    parsed(json.text());
}

TEST_CASE("utf8: lengths of characters, and 0 for what is none") {
    CHECK(utf8_length("a", 0) == 1);
    CHECK(utf8_length("\xC3\xA9", 0) == 2);
    CHECK(utf8_length("\xE2\x82\xAC", 0) == 3);
    CHECK(utf8_length("\xF0\x9F\x94\x91", 0) == 4);
    for (const std::string text : {"\x80",
                                   "\xC0\x80",
                                   "\xC1\xBF",
                                   "\xE0\x9F\xBF",
                                   "\xED\xA0\x80",
                                   "\xF0\x8F\xBF\xBF",
                                   "\xF4\x90\x80\x80",
                                   "\xF5\x80\x80\x80",
                                   "\xE2\x82",
                                   "\xC3"}) {
        CAPTURE(text);
        CHECK(utf8_length(text, 0) == 0);
    }
    CHECK(utf8_length("a", 1) == 0);
}

}  // namespace
}  // namespace aadssh
