// FieldParameters: what a mapping says of a field beyond its kind and the few things that Field itself holds.
//
// One table (field_parameters.cc) says for each parameter its name in Elasticsearch, its id in the manifest, and the kinds that take it; JSON and
// manifest are read and written from it, so that another parameter is a member and a line.
//
// Plain value type; the functions are thread-safe. Errors: kInvalidArgument in Elasticsearch's words; kFormatTooNew: an id that this binseek
// does not know; kCorruption.
#ifndef BINSEEK_ENGINE_MAPPING_FIELD_PARAMETERS_H_
#define BINSEEK_ENGINE_MAPPING_FIELD_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace binseek::mapping {

struct Field;

struct FieldParameters {
  // As it was declared, where several names share a kind ("integer", "flat_object"); empty: the kind's own.
  std::string type_name{};
  std::string search_analyzer{};  // empty: the analyzer
  std::string search_quote_analyzer{};
  std::string similarity{};      // empty: BM25
  std::string index_options{};   // empty: the kind's
  std::string term_vector{};     // empty: no
  std::string format{};          // of dates; empty: strict_date_optional_time||epoch_millis
  std::string locale{};          // of dates
  std::string path{};            // of an alias: the field that it means
  std::string value{};           // of a constant_keyword; empty: not known yet
  std::string dynamic{};         // of an object: "true", "false" or "strict"; empty: as around it
  std::string index_prefixes{};  // JSON; prefixes are found without
  std::string meta{};            // JSON
  std::optional<std::string> null_value{};  // what a null counts as
  std::vector<std::string> copy_to{};       // fields that take the values too
  uint32_t position_increment_gap = 100;    // between two values of a text field
  uint32_t depth_limit = 0;                 // of a flattened field; 0: the default
  bool norms = true;                        // lengths count in scores
  bool store = false;
  bool coerce = true;
  bool fielddata = false;
  bool eager_global_ordinals = false;
  bool split_queries_on_whitespace = false;
  bool index_phrases = false;
  bool positive_score_impact = true;  // of a rank feature: greater is better
  bool ignore_z_value = true;
  bool enabled = true;  // of an object: false leaves it in _source alone
  bool enable_position_increments = true;
  bool include_in_parent = false;
  bool include_in_root = false;
  // A synced document's _source shows the field. Not where its values are others' too: what they are copied to, members of an object.
  bool in_source = true;
  // Of an index of several tables: those whose documents have the field, as Operation::source_table names them, ascending; empty: all. In the
  // _source of others it is not there.
  std::vector<std::string> tables{};

  friend bool operator==(const FieldParameters&, const FieldParameters&) = default;
};

// False: the field's kind has no such parameter.
Result<bool> ReadParameter(const std::string& name, const JsonValue& value, const Field& field,
                           FieldParameters* out);
// Adds a member for each that is not at its default.
void WriteParametersJson(const FieldParameters& parameters, JsonWriter* json);

// The properties of a field in the manifest (engine/codec/FORMATS.md): their number, then each with id and bytes.
void EncodeParameters(const FieldParameters& parameters, std::string* out);
// `too_new` is set where an id is not known; the reader has failed then, as for bytes that cannot be.
FieldParameters DecodeParameters(ByteReader* reader, bool* too_new);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_FIELD_PARAMETERS_H_
