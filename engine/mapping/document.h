// Document: what the engine indexes under one key, already split into fields.
//
// Built by the row mapper (synced documents) or by DocumentParser (JSON over HTTP). Plain value type.
#ifndef BINSEEK_ENGINE_MAPPING_DOCUMENT_H_
#define BINSEEK_ENGINE_MAPPING_DOCUMENT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/mapping/field.h"

namespace binseek::mapping {

struct TextValue {
  FieldId field{};
  // kText: to be analysed; kKeyword: the term; kFlattened: one leaf ("value" or "path\0value").
  std::string text;
};

struct NumberValue {
  FieldId field{};
  int64_t value = 0;  // column value, see number.h
};

// What _source is made of.
struct StoredSource {
  // True: `bytes` is the JSON as it was received. False: `bytes` are fragments (AppendFragment) of the fields that do
  // not live in columns; the rest is rendered from columns, in the mapping's order, null where there is no value.
  bool verbatim = false;
  std::string bytes;

  void AppendFragment(FieldId field, std::string_view json);
};

struct Document {
  // A value of `field` was left out (ignore_above, ignore_malformed): _ignored names it.
  void AddIgnored(const Field& field);

  std::vector<TextValue> texts;  // multi-fields and system fields included
  // Several values of one field are allowed only where it is not updated in place.
  std::vector<NumberValue> numbers;
  StoredSource source;
  // Documents that belong to this one and stand before it in its segment, each after its own children (nested objects).
  std::vector<Document> children;
  // Of a child that can be asked for by itself, else empty; a root's key comes with its operation. No two of a block have the same.
  std::string child_key;
};

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_DOCUMENT_H_
