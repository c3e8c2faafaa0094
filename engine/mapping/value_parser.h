// ValueParser: the values that a document has under one field's name, as terms and numbers of a Document.
//
// Single-threaded; borrows mapping and document. Errors: kInvalidArgument in Elasticsearch's words ("failed to parse field [price] of type
// [long]: ..."), but where the field leaves malformed values out.
#ifndef BINSEEK_ENGINE_MAPPING_VALUE_PARSER_H_
#define BINSEEK_ENGINE_MAPPING_VALUE_PARSER_H_

#include <string>

#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/mapping/document.h"
#include "engine/mapping/field.h"
#include "engine/mapping/mapping.h"

namespace binseek::mapping {

class ValueParser {
 public:
  ValueParser(const Mapping* mapping, Document* out) : ValueParser(mapping, out, out) {}
  // Of a child, whose root says what was ignored.
  ValueParser(const Mapping* mapping, Document* out, Document* root)
      : mapping_(mapping), out_(out), root_(root) {}

  // Adds `value` (a null counts as the field's null_value), or the elements of an array, to the field and its multi-fields. REQUIRES: no object field.
  [[nodiscard]] Status Add(const Field& field, const JsonValue& value);

 private:
  Status AddOne(const Field& field, const JsonValue& value);
  Status AddGeo(const Field& field, const JsonValue& value);
  Status AddRange(const Field& field, const JsonValue& value);
  Status AddFeature(const Field& field, const JsonValue& value);
  Status AddFeatures(const Field& field, const JsonValue& value);
  Status AddNumber(const Field& field, const JsonValue& value, const std::string& text);
  Status AddText(const Field& field, const std::string& text);
  Status AddCompletion(const Field& field, const JsonValue& value);
  Status AddTokenCount(const Field& field, const std::string& text);
  // A value that is none: an error, or left out.
  Status Malformed(const Field& field, const Status& why);

  const Mapping* const mapping_;
  Document* const out_;
  Document* const root_;
};

// The keywords that all documents of the mapping have.
void AddConstants(const Mapping& mapping, Document* document);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_VALUE_PARSER_H_
