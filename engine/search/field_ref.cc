#include "engine/search/field_ref.h"

#include <memory>
#include <utility>

#include "engine/search/weight.h"

#include "engine/analysis/analyzer.h"

namespace binseek::search {
namespace {

std::string SimilarityNameOf(const mapping::Field& field) { return field.parameters().similarity; }

}  // namespace

std::optional<FieldRef> FindField(const mapping::Mapping& mapping, std::string_view name) {
  if (const mapping::Field* field = mapping.Find(name); field != nullptr) {
    return field->kind == mapping::FieldKind::kAlias ? FindField(mapping, field->parameters().path)
                                                     : FieldRef{.field = field};
  }
  for (size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const mapping::Field* parent = mapping.Find(name.substr(0, dot));
    if (parent != nullptr && parent->kind == mapping::FieldKind::kFlattened) {
      FieldRef ref{.field = parent, .path = std::string(name.substr(dot + 1))};
      ref.path.push_back('\0');
      return ref;
    }
  }
  return std::nullopt;
}

std::string TermFor(const FieldRef& ref, std::string_view value) {
  const bool lowercase =
      ref.field->kind == mapping::FieldKind::kKeyword && ref.field->normalizer == "lowercase";
  return ref.path + (lowercase ? analysis::Lowercase(value) : std::string(value));
}

Status CheckTermsOn(const FieldRef& ref, std::string_view name) {
  using mapping::FieldKind;
  const std::string begin = "failed to create query: ";
  switch (ref.field->kind) {
    case FieldKind::kGeoPoint:
      return Status::InvalidArgument(
          begin +
          "Geometry fields do not support exact searching, use dedicated geometry queries instead: "
          "[" +
          std::string(name) + "]");
    case FieldKind::kRankFeature:
    case FieldKind::kRankFeatures:
      return Status::InvalidArgument(begin + "Queries on [" +
                                     std::string(mapping::TypeName(*ref.field)) +
                                     "] fields are not supported");
    case FieldKind::kBinary:
      return Status::InvalidArgument(begin + "Binary fields do not support searching");
    default:
      return Status::Ok();
  }
}

OrdRange OrdsOf(const FieldRef& ref, const codec::BlockTermDictionary& terms) {
  if (ref.path.empty()) {
    return {0, terms.size()};
  }
  const auto [begin, end] = terms.OrdsWithPrefix(ref.path);
  return {begin, end};
}

Status CheckDictionary(const codec::BlockTermDictionary& terms) {
  return terms.corrupt()
             ? Status::Corruption("a term dictionary of a segment is not as it was written")
             : Status::Ok();
}

FieldStatistics CollectFieldStatistics(const index::IndexView& index, const FieldRef& ref) {
  FieldStatistics statistics;
  for (const auto& segment : index.segments) {
    const codec::FieldTerms* const terms = segment->segment().Terms(ref.field->id);
    if (terms == nullptr) {
      continue;
    }
    statistics.doc_count += terms->doc_count();
    // Without frequencies every occurrence counts once, and an average length is that of distinct terms.
    statistics.sum_total_term_freq +=
        ref.is_text() ? terms->sum_total_term_freq() : terms->sum_doc_freq();
  }
  return statistics;
}

uint64_t CollectDocFreq(const index::IndexView& index, mapping::FieldId field,
                        std::string_view term) {
  uint64_t doc_freq = 0;
  for (const auto& segment : index.segments) {
    const codec::FieldTerms* const terms = segment->segment().Terms(field);
    codec::TermInfo info;
    if (terms != nullptr && terms->dictionary().Find(term, &info, nullptr)) {
      doc_freq += info.doc_freq;
    }
  }
  return doc_freq;
}

TermStatistics CollectTermStatistics(const index::IndexView& index, mapping::FieldId field,
                                     std::string_view term) {
  TermStatistics out;
  for (const auto& segment : index.segments) {
    const codec::FieldTerms* const terms = segment->segment().Terms(field);
    codec::TermInfo info;
    if (terms != nullptr && terms->dictionary().Find(term, &info, nullptr)) {
      out.doc_freq += info.doc_freq;
      out.total_term_freq += info.total_term_freq;
    }
  }
  return out;
}

Result<TermScore> MakeTermScore(const BindContext& context, const FieldRef& ref,
                                const std::vector<std::string>& terms, float boost) {
  const FieldStatistics field = CollectFieldStatistics(*context.index, ref);
  std::vector<TermStatistics> statistics;
  for (const std::string& term : terms) {
    const TermStatistics found = CollectTermStatistics(*context.index, ref.field->id, term);
    if (found.doc_freq > 0) {
      statistics.push_back(found);
    }
  }
  BINSEEK_ASSIGN_OR_RETURN(const Similarities similarities,
                           Similarities::OfIndex(context.index->settings_json));
  const std::string name = SimilarityNameOf(*ref.field);
  const std::shared_ptr<const Similarity> similarity = similarities.Find(name);
  if (similarity == nullptr) {
    return Status::InvalidArgument("failed to create query: Unknown Similarity type [" + name +
                                   "] for field [" + ref.field->name + "]");
  }
  return similarity->MakeScore(context.form, boost, field, statistics);
}

}  // namespace binseek::search
