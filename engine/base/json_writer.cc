#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/json.h"
#include "engine/base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace binseek {
namespace {

// The letter after the backslash; 'u' for a control character without a short form; 0 for none.
char EscapeOf(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return static_cast<uint8_t>(c) < 0x20 ? 'u' : '\0';
  }
}

void AppendEscape(char c, char escape, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('\\');
  out->push_back(escape);
  if (escape == 'u') {
    out->append("00");
    out->push_back(kHex[static_cast<uint8_t>(c) >> 4]);
    out->push_back(kHex[c & 0xf]);
  }
}

// The first character at or behind `at` that is to be escaped; the text's size where there is none.
size_t FindEscaped(std::string_view text, size_t at) {
#if defined(__SSE2__)
  constexpr size_t kStep = 16;
  for (; text.size() - at >= kStep; at += kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i named = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, named)));
    if (found != 0) {
      return at + static_cast<size_t>(std::countr_zero(found));
    }
  }
#endif
  while (at < text.size() && EscapeOf(text[at]) == '\0') {
    ++at;
  }
  return at;
}

// REQUIRES: `text` is UTF-8.
void AppendEscaped(std::string_view text, std::string* out) {
  size_t copied = 0;  // text before this is in `out`
  for (;;) {
    const size_t at = FindEscaped(text, copied);
    out->append(text, copied, at - copied);
    if (at == text.size()) {
      return;
    }
    AppendEscape(text[at], EscapeOf(text[at]), out);
    copied = at + 1;
  }
}

void AppendQuoted(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t bad = FindInvalidUtf8(text);
  while (bad < text.size()) {
    AppendEscaped(text.substr(0, bad), out);
    AppendUtf8(kReplacementCharacter, out);
    text.remove_prefix(bad + 1);
    bad = FindInvalidUtf8(text);
  }
  AppendEscaped(text, out);
  out->push_back('"');
}

template <class Number>
std::string_view Format(Number value, char (&buffer)[40]) {
  return {buffer, static_cast<size_t>(std::to_chars(buffer, buffer + 40, value).ptr - buffer)};
}

template <class Floating>
void AppendFloating(Floating value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");
    return;
  }
  char buffer[40];
  const std::string_view text = Format(value, buffer);
  out->append(text);
  if (text.find_first_of(".e") == std::string_view::npos) {
    out->append(".0");
  }
}

}  // namespace

void JsonWriter::NewLine() {
  if (pretty_) {
    out_->push_back('\n');
    out_->append(levels_.size() * 2, ' ');
  }
}

void JsonWriter::Separate() {
  if (!levels_.back().empty) {
    out_->push_back(',');
  }
  levels_.back().empty = false;
  NewLine();
}

void JsonWriter::BeginValue() {
  if (after_key_) {
    after_key_ = false;
  } else if (!levels_.empty()) {
    BINSEEK_CHECK(!levels_.back().object, "a JSON value in an object needs a key");
    Separate();
  }
}

void JsonWriter::End(bool object, char bracket) {
  BINSEEK_CHECK(!levels_.empty() && levels_.back().object == object && !after_key_,
                "JSON brackets do not match");
  const bool empty = levels_.back().empty;
  levels_.pop_back();
  if (!empty) {
    NewLine();
  }
  out_->push_back(bracket);
}

JsonWriter& JsonWriter::BeginObject() {
  BeginValue();
  out_->push_back('{');
  levels_.push_back({.object = true, .empty = true});
  return *this;
}

JsonWriter& JsonWriter::EndObject() {
  End(true, '}');
  return *this;
}

JsonWriter& JsonWriter::BeginArray() {
  BeginValue();
  out_->push_back('[');
  levels_.push_back({.object = false, .empty = true});
  return *this;
}

JsonWriter& JsonWriter::EndArray() {
  End(false, ']');
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  BINSEEK_CHECK(!levels_.empty() && levels_.back().object && !after_key_,
                "a JSON key belongs into an object, before a value");
  Separate();
  AppendQuoted(key, out_);
  out_->append(pretty_ ? " : " : ":");
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  BeginValue();
  AppendQuoted(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Int(int64_t value) {
  char buffer[40];
  return Raw(Format(value, buffer));
}

JsonWriter& JsonWriter::Uint(uint64_t value) {
  char buffer[40];
  return Raw(Format(value, buffer));
}

JsonWriter& JsonWriter::Double(double value) {
  BeginValue();
  AppendFloating(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Float(float value) {
  BeginValue();
  AppendFloating(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) { return Raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::Null() { return Raw("null"); }

JsonWriter& JsonWriter::Raw(std::string_view json) {
  BeginValue();
  out_->append(json);
  return *this;
}

// Recurses as deep as the value, which a parse has bounded.
JsonWriter& JsonWriter::Value(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kNull:
      return Null();
    case JsonKind::kBool:
      return Bool(value.AsBool());
    case JsonKind::kNumber:
      return Raw(value.number_text());
    case JsonKind::kString:
      return String(value.AsString());
    case JsonKind::kArray:
      BeginArray();
      for (const JsonValue& element : value.array()) {
        Value(element);
      }
      return EndArray();
    case JsonKind::kObject:
      BeginObject();
      for (const auto& [key, member] : value.members()) {
        Key(key).Value(member);
      }
      return EndObject();
  }
  return *this;
}

}  // namespace binseek
