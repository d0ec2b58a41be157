// SPDX-License-Identifier: MIT
#pragma once
#include "handler/json.hpp"
#include "handler/rapidjson.hpp"

#include <string>

namespace aadssh {

/// What stands behind Json; for json*.cpp only.
struct Json::Document {
    rapidjson::Document root;

    /// The value a JSON Pointer leads to; nullptr when there is none.
    const rapidjson::Value* at(const std::string& pointer) const;
};

/// A value as compact JSON text.
std::string json_text(const rapidjson::Value& value);

}  // namespace aadssh
