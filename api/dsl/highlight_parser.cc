// The `highlight` of a search: options for all fields, and those that a field overrides.
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/arguments.h"
#include "api/dsl/body_parts.h"
#include "api/dsl/query_parser.h"

namespace binseek::api::dsl {
namespace {

constexpr std::string_view kTypes[] = {"unified", "plain", "fvh"};
// Told apart by other highlighters alone.
constexpr std::string_view kIgnored[] = {"boundary_chars",  "boundary_max_scan", "force_source",
                                         "fragment_offset", "fragmenter",        "options",
                                         "phrase_limit"};
constexpr std::string_view kKnown[] = {
    "type",           "fragment_size",       "number_of_fragments",
    "order",          "no_match_size",       "boundary_scanner",
    "pre_tags",       "post_tags",           "boundary_scanner_locale",
    "encoder",        "require_field_match", "highlight_query",
    "tags_schema",    "max_analyzed_offset", "fields",
    "matched_fields", "boundary_chars",      "boundary_max_scan",
    "force_source",   "fragment_offset",     "fragmenter",
    "options",        "phrase_limit"};

struct HighlightPart {
  std::string_view parser;  // "highlight" or "highlight_field", in errors
  HighlightField* field;
};

DslResult<uint32_t> ReadSize(const JsonValue& value, Place place) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t size, ReadInt(value, place));
  return size < 0 ? 0u : static_cast<uint32_t>(size);
}

// The first of a list: the unified highlighter has one pair of tags.
DslResult<std::string> ReadTag(const JsonValue& value, Place place) {
  if (value.is_array()) {
    if (value.array().empty()) {
      return IllegalArgument("pre_tags or post_tags must not be empty");
    }
    return ReadText(value.array()[0], place);
  }
  return ReadText(value, place);
}

DslStatus ReadType(const JsonValue& value, const HighlightPart& part) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string type, ReadText(value, {part.parser, "type"}));
  if (!Contains(kTypes, type)) {
    return IllegalArgument("unknown highlighter type [" + type + "] for the field [" +
                           part.field->pattern + "]");
  }
  part.field->plain = type == "plain";
  return std::nullopt;
}

DslStatus ReadBreaks(const JsonValue& value, const HighlightPart& part) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text,
                               ReadText(value, {part.parser, "boundary_scanner"}));
  const std::string name = LowerAscii(text);
  if (name != "sentence" && name != "word" && name != "chars") {
    return IllegalArgument("No enum constant BoundaryScannerType." + text);
  }
  part.field->options.breaks =
      name == "word" ? search::PassageBreaks::kWord : search::PassageBreaks::kSentence;
  return std::nullopt;
}

DslStatus ReadTags(std::string_view key, const JsonValue& value, const HighlightPart& part) {
  search::HighlightOptions& options = part.field->options;
  if (key == "pre_tags") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options.pre_tag, ReadTag(value, {part.parser, key}));
    return std::nullopt;
  }
  if (key == "post_tags") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options.post_tag, ReadTag(value, {part.parser, key}));
    return std::nullopt;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string schema, ReadText(value, {part.parser, key}));
  if (schema != "styled" && schema != "default") {
    return IllegalArgument("Unknown tag schema [" + schema + "]");
  }
  options.pre_tag = schema == "styled" ? "<em class=\"hlt1\">" : "<em>";
  options.post_tag = "</em>";
  return std::nullopt;
}

DslStatus ReadMatchedFields(const JsonValue& value, const HighlightPart& part) {
  if (!value.is_array()) {
    return WrongToken(value, {part.parser, "matched_fields"});
  }
  for (const JsonValue& name : value.array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(name, {part.parser, "matched_fields"}));
    part.field->matched_fields.push_back(std::move(text));
  }
  return std::nullopt;
}

DslStatus ReadMaxAnalyzedOffset(std::string_view key, const JsonValue& value,
                                const HighlightPart& part) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t offset, ReadInt(value, {part.parser, key}));
  if (offset < 1 && offset != -1) {
    return IllegalArgument("[" + std::string(key) + "] must be a positive integer, or -1");
  }
  part.field->options.max_analyzed_offset =
      offset == -1 ? search::kDefaultMaxAnalyzedOffset : static_cast<uint32_t>(offset);
  return std::nullopt;
}

// Choices that are one word each.
DslStatus ReadChoice(std::string_view key, const JsonValue& value, const HighlightPart& part) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {part.parser, key}));
  search::HighlightOptions& options = part.field->options;
  if (key == "order") {
    const std::string order = LowerAscii(text);
    if (order != "score" && order != "none") {
      return IllegalArgument("No enum constant Order." + text);
    }
    options.order_by_score = order == "score";
  } else if (key == "encoder") {
    options.encode_html = text == "html";
  } else {
    options.locale = text;  // boundary_scanner_locale
  }
  return std::nullopt;
}

DslStatus ReadOption(std::string_view key, const JsonValue& value, const HighlightPart& part) {
  const Place place{part.parser, key};
  search::HighlightOptions& options = part.field->options;
  if (key == "type") {
    return ReadType(value, part);
  }
  if (key == "fragment_size") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options.fragment_size, ReadSize(value, place));
  } else if (key == "number_of_fragments") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options.number_of_fragments, ReadSize(value, place));
  } else if (key == "no_match_size") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options.no_match_size, ReadSize(value, place));
  } else if (key == "order" || key == "encoder" || key == "boundary_scanner_locale") {
    return ReadChoice(key, value, part);
  } else if (key == "boundary_scanner") {
    return ReadBreaks(value, part);
  } else if (key == "pre_tags" || key == "post_tags" || key == "tags_schema") {
    return ReadTags(key, value, part);
  } else if (key == "require_field_match") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(part.field->require_field_match, ReadBool(value, place));
  } else if (key == "highlight_query") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(part.field->query, ParseQuery(value));
  } else if (key == "matched_fields") {
    return ReadMatchedFields(value, part);
  } else if (key == "max_analyzed_offset" || key == "max_analyzer_offset") {
    return ReadMaxAnalyzedOffset(key, value, part);
  } else if (!Contains(kIgnored, key)) {
    return UnknownField(part.parser, key, kKnown);
  }
  return std::nullopt;
}

DslStatus ReadField(const std::string& name, const JsonValue& options,
                    const HighlightField& defaults, SearchBody* body) {
  HighlightField field = defaults;
  field.pattern = name;
  if (!options.is_object()) {
    return WrongToken(options, {"highlight", "fields"});
  }
  for (const auto& [key, value] : options.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadOption(key, value, {"highlight_field", &field}));
  }
  body->highlight.push_back(std::move(field));
  return std::nullopt;
}

// {"name": {}, ...}, or a list of such objects where their order matters.
DslStatus ReadFields(const JsonValue& fields, const HighlightField& defaults, SearchBody* body) {
  if (fields.is_object()) {
    for (const auto& [name, options] : fields.members()) {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadField(name, options, defaults, body));
    }
    return std::nullopt;
  }
  if (!fields.is_array()) {
    return WrongToken(fields, {"highlight", "fields"});
  }
  for (const JsonValue& entry : fields.array()) {
    if (!entry.is_object() || entry.members().size() != 1) {
      return ParsingError(
          "[fields] can be a single object with any number of fields or an array where each entry "
          "is an object with a single field");
    }
    const auto& [name, options] = entry.members()[0];
    BINSEEK_DSL_RETURN_IF_ERROR(ReadField(name, options, defaults, body));
  }
  return std::nullopt;
}

}  // namespace

DslStatus ReadHighlight(std::string_view key, const JsonValue& value, SearchBody* body) {
  if (!value.is_object()) {
    return UnknownKey(key, value);
  }
  HighlightField defaults;
  const JsonValue* fields = nullptr;
  for (const auto& [name, option] : value.members()) {
    if (name == "fields") {
      fields = &option;  // behind the options, wherever these stand
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadOption(name, option, {"highlight", &defaults}));
    }
  }
  return fields == nullptr ? std::nullopt : ReadFields(*fields, defaults, body);
}

}  // namespace binseek::api::dsl
