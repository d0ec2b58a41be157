// SPDX-License-Identifier: MIT
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// What a schema says against a document.
struct SchemaError {
    std::string
        path;  ///< JSON Pointer below the checked part; empty when that part itself is meant
    std::string
        rule;  ///< "must be at least 10", "unknown setting (known: repository, deadlineSeconds)"

    std::string text() const { return path.empty() ? rule : path + ": " + rule; }
};

/// A JSON Schema (draft 4, as RapidJSON understands it), made ready for use. Throws
/// std::logic_error when the text is no JSON.
class JsonSchema {
  public:
    explicit JsonSchema(std::string_view text);

  private:
    friend class Json;
    struct Compiled;
    std::shared_ptr<const Compiled> compiled_;
};

/// A parsed JSON document, read by JSON Pointer (RFC 6901). json*.cpp are the only users of
/// RapidJSON. Copies share the document. A pointer that leads nowhere, or to another type, gives
/// nothing.
class Json {
  public:
    /// At most 1 MiB of valid UTF-8, nested at most 32 deep, no NUL in any string, nothing after
    /// the value; a byte order mark is passed over. On failure `error` gets a phrase with the
    /// offset, and nothing is returned.
    static std::optional<Json> parse(std::string_view text, std::string& error);

    std::optional<std::string> string(const std::string& pointer) const;
    std::optional<std::int64_t> integer(const std::string& pointer) const;
    std::optional<bool> boolean(const std::string& pointer) const;
    /// Strings of an array; nothing when it is no array or holds anything but strings.
    std::optional<std::vector<std::string>> strings(const std::string& pointer) const;
    /// Number of elements of an array; nothing when it is none.
    std::optional<std::size_t> size(const std::string& pointer) const;
    bool is_object(const std::string& pointer) const;
    bool is_null_or_absent(const std::string& pointer) const;
    /// The keys of an object in their order; empty when it is none.
    std::vector<std::string> keys(const std::string& pointer) const;
    /// The part below `pointer` as compact JSON text; "null" when it is absent.
    std::string text(const std::string& pointer) const;

    /// Checks the part below `pointer` against a schema. Nothing: valid. Values are quoted scrubbed
    /// and cut to 80 bytes.
    std::optional<SchemaError> schema_error(const std::string& pointer,
                                            const JsonSchema& schema) const;

  private:
    struct Document;
    std::shared_ptr<const Document> document_;
};

/// Writes compact JSON; strings that are not UTF-8 get U+FFFD. Use: w.object();
/// w.key("a").value(1); w.end(); w.text().
class JsonWriter {
  public:
    JsonWriter();
    ~JsonWriter();
    JsonWriter(const JsonWriter&) = delete;
    JsonWriter& operator=(const JsonWriter&) = delete;
    JsonWriter& object();
    JsonWriter& array();
    JsonWriter& end();  ///< closes the innermost object or array
    JsonWriter& key(std::string_view name);
    JsonWriter& value(std::string_view text);
    JsonWriter& value(const char* text);
    JsonWriter& value(std::int64_t number);
    JsonWriter& value(int number);
    JsonWriter& value(bool flag);
    JsonWriter& null();
    JsonWriter& raw(std::string_view json);  ///< a complete JSON value, taken over as it is
    std::string text() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace aadssh
