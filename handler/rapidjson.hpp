// SPDX-License-Identifier: MIT
#pragma once

// RapidJSON 1.1.0 adds to a null pointer in internal/stack.h, Reserve(), before its first
// allocation. The sum is only compared, but clang's sanitizer stops at it; our own code stays
// checked.
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/pointer.h>
#include <rapidjson/reader.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#ifdef __clang__
#pragma clang attribute pop
#endif
