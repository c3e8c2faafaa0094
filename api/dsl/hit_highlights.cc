#include "api/dsl/hit_highlights.h"

#include <algorithm>
#include <set>

#include "api/dsl/hit_writer.h"
#include "api/dsl/source_filter.h"
#include "api/dsl/source_paths.h"
#include "engine/analysis/text_boundaries.h"
#include "engine/base/name_pattern.h"
#include "engine/mapping/mapping.h"
#include "engine/search/index_setting.h"

namespace binseek::api::dsl {
namespace {

using mapping::Field;
using mapping::FieldKind;

constexpr const char* kAllHighlights = "the highlights of all hits";

bool IsText(const Field& field) {
  return field.kind == FieldKind::kText || field.kind == FieldKind::kKeyword;
}

// Where words stand is known without a new analysis, by the mapping; a long text is no danger then.
bool KeepsOffsets(const Field& field) {
  return field.parameters().index_options == "offsets" ||
         field.parameters().term_vector.find("offsets") != std::string::npos;
}

// What a name or pattern means; a pattern takes texts and keywords alone.
std::vector<const Field*> FieldsOf(const index::IndexView& index, const std::string& pattern) {
  std::vector<const Field*> found;
  if (pattern.find('*') == std::string::npos) {
    const Field* const field = index.mapping->Find(pattern);
    if (field != nullptr && IsText(*field)) {
      found.push_back(field);
    }
    return found;
  }
  for (const Field& field : index.mapping->fields()) {
    if (IsText(field) && MatchesPattern(pattern, field.name)) {
      found.push_back(&field);
    }
  }
  return found;
}

}  // namespace

Result<const HitHighlights::BoundQuery*> HitHighlights::BindQuery(const index::IndexView& index,
                                                                  const search::Query* query) {
  BoundQuery& bound = queries_[{&index, query}];
  if (bound.terms == nullptr) {
    search::BindContext context = context_->BindTo(index);
    context.scores = false;
    BINSEEK_ASSIGN_OR_RETURN(bound.weight, query->Bind(context, 1));
    bound.terms = std::make_unique<search::HighlightTerms>(*bound.weight);
    bound.of_all = bound.terms->OfAll();
  }
  return &bound;
}

Result<search::Highlighter*> HitHighlights::HighlighterOf(size_t wanted) {
  std::unique_ptr<search::Highlighter>& highlighter = highlighters_[wanted];
  if (highlighter == nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(highlighter,
                             search::Highlighter::Make(body_->highlight[wanted].options));
  }
  return highlighter.get();
}

Status HitHighlights::CheckLength(const search::Hit& hit, const HighlightField& wanted,
                                  const Field& field, const std::vector<std::string>& texts) {
  if (wanted.options.max_analyzed_offset || (!wanted.plain && KeepsOffsets(field))) {
    return Status::Ok();
  }
  const auto [limit, added] = limits_.emplace(hit.index, 0);
  if (added) {
    limit->second = search::IndexSetting(*hit.index, "index.highlight.max_analyzed_offset",
                                         search::kDefaultMaxAnalyzedOffset);
  }
  size_t bytes = 0;
  for (const std::string& text : texts) {
    bytes += text.size() + 1;
  }
  if (bytes <= limit->second + 1) {
    return Status::Ok();
  }
  size_t length = texts.empty() ? 0 : texts.size() - 1;
  for (const std::string& text : texts) {
    length += analysis::ToUtf16(text).size();
  }
  if (length <= limit->second) {
    return Status::Ok();
  }
  const std::string most = std::to_string(limit->second);
  return Status::InvalidArgument(
      "The length [" + std::to_string(length) + "] of field [" + field.name + "] in doc[" +
      std::to_string(hit.address.doc) + "]/index[" + hit.index->name +
      "] exceeds the [index.highlight.max_analyzed_offset] limit [" + most +
      "]. To avoid this error, set the query parameter [max_analyzed_offset] to a value less than "
      "index setting value [" +
      most + "] and this will tolerate long field values by truncating them.");
}

Result<HitHighlights::Fragments> HitHighlights::Highlight(const search::Hit& hit, size_t wanted,
                                                          const Field& field,
                                                          const std::vector<std::string>& texts) {
  const HighlightField& request = body_->highlight[wanted];
  const search::Query* const query =
      request.query != nullptr ? request.query.get() : body_->request.query.get();
  if (texts.empty() || (query == nullptr && request.options.no_match_size == 0)) {
    return Fragments();
  }
  BINSEEK_RETURN_IF_ERROR(CheckLength(hit, request, field, texts));
  std::vector<search::HighlightSource> sources;
  if (query != nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(const BoundQuery* const bound, BindQuery(*hit.index, query));
    const auto add = [&](const Field& as) {
      sources.push_back(
          {&as, request.require_field_match ? &bound->terms->Of(as.id) : &bound->of_all});
    };
    add(field);
    for (const std::string& name : request.matched_fields) {
      if (const Field* const other = hit.index->mapping->Find(name);
          other != nullptr && other->id != field.id && IsText(*other)) {
        add(*other);
      }
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(search::Highlighter* const highlighter, HighlighterOf(wanted));
  search::Interrupt interrupt(context_->options.cancel, context_->options.clock,
                              context_->deadline_micros > 0 ? context_->LeftMs() : 0);
  Fragments fragments = highlighter->Highlight(sources, texts, &interrupt);
  BINSEEK_RETURN_IF_ERROR(interrupt.Check());
  if (interrupt.timed_out()) {
    return context_->TooLate(kAllHighlights);
  }
  return fragments;
}

Status HitHighlights::Write(const search::Hit& hit, const JsonValue& source, JsonWriter* writer) {
  const SourcePaths paths(*hit.index->mapping);
  std::set<mapping::FieldId> done;
  bool any = false;
  for (size_t i = 0; i < body_->highlight.size(); ++i) {
    for (const Field* const field : FieldsOf(*hit.index, body_->highlight[i].pattern)) {
      if (!done.insert(field->id).second) {
        continue;
      }
      // Before it begins, and before what it had no time for is taken as what there is.
      BINSEEK_RETURN_IF_ERROR(context_->CheckTime(kAllHighlights));
      BINSEEK_ASSIGN_OR_RETURN(const Fragments fragments,
                               Highlight(hit, i, *field, TextsOf(paths, *field, source)));
      BINSEEK_RETURN_IF_ERROR(context_->CheckTime(kAllHighlights));
      if (fragments.empty()) {
        continue;
      }
      if (!any) {
        writer->Key("highlight").BeginObject();
        any = true;
      }
      writer->Key(field->name).BeginArray();
      for (const std::string& fragment : fragments) {
        writer->String(fragment);
      }
      writer->EndArray();
    }
  }
  if (any) {
    writer->EndObject();
  }
  return Status::Ok();
}

}  // namespace binseek::api::dsl
