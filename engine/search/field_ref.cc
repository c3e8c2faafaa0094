#include "engine/search/field_ref.h"

#include "engine/analysis/analyzer.h"

namespace binseek::search {

std::optional<FieldRef> FindField(const mapping::Mapping& mapping, std::string_view name) {
  if (const mapping::Field* field = mapping.Find(name); field != nullptr) {
    return FieldRef{.field = field};
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

}  // namespace binseek::search
