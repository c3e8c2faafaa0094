// TermAccumulator: the terms of one field, with their documents and positions, as documents are added; then in order, for a segment.
//
// Occurrences are kept in the order in which they come, twelve bytes each, and sorted by counting at the end: adding costs a lookup of the term, and
// a small batch allocates next to nothing. Single-threaded.
#ifndef BINSEEK_ENGINE_CODEC_TERM_ACCUMULATOR_H_
#define BINSEEK_ENGINE_CODEC_TERM_ACCUMULATOR_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/codec/analyzed_document.h"
#include "engine/codec/doc_id.h"
#include "engine/codec/keyword_id_source.h"
#include "engine/mapping/field.h"

namespace binseek::codec {

class ByteSink;
class SegmentWriter;

class TermAccumulator {
 public:
  // Of a text field what its mapping keeps of a document's terms; of others, keywords, none of it, but an ordinal column.
  struct Keeps {
    bool text = false;
    bool freqs = true;      // how often
    bool positions = true;  // and where
    bool lengths = true;    // as norms; else all documents are as long as one term
  };
  explicit TermAccumulator(const Keeps& keeps) : keeps_(keeps) {}

  // REQUIRES: documents ascend; `terms` are of `document`.
  void Add(DocId doc, const AnalyzedDocument& document,
           std::span<const AnalyzedDocument::Term> terms, uint32_t length);

  // Calls visit(doc, rank) for each occurrence, in the order of adding; `rank` is the term's place among all.
  template <class Visit>
  void ForEachRank(Visit visit) const {
    const std::vector<uint32_t> terms = TermsInOrder();
    std::vector<uint32_t> ranks(terms.size());
    for (uint32_t rank = 0; rank < terms.size(); ++rank) {
      ranks[terms[rank]] = rank;
    }
    for (const Occurrence& occurrence : occurrences_) {
      visit(occurrence.doc, ranks[occurrence.term]);
    }
  }
  // Documents go elsewhere: `places` has the new one of each.
  void Renumber(std::span<const DocId> places);

  // The field's sections; those of a keyword field with the ids that `ids`, where it is not null, gives. Errors: the writer's.
  [[nodiscard]] Status Write(mapping::FieldId field, uint32_t max_doc, KeywordIdSource* ids,
                             SegmentWriter* writer) const;

 private:
  struct Entry {
    uint64_t begin = 0;  // within bytes_
    uint32_t size = 0;
    uint32_t hash = 0;
    uint32_t count = 0;  // occurrences
  };
  struct Occurrence {
    uint32_t term = 0;  // index of entries_
    DocId doc = 0;
    uint32_t position = 0;
  };
  // The same, of one term.
  struct Place {
    DocId doc = 0;
    uint32_t position = 0;
    uint32_t position_length = 1;
  };
  // Terms in order, and the places of each: those of terms[i] are places[starts[i] .. starts[i+1]).
  struct Sorted {
    std::vector<uint32_t> terms;
    std::vector<uint64_t> starts;
    std::vector<Place> places;
  };

  std::string_view TermOf(uint32_t term) const {
    return std::string_view(bytes_).substr(entries_[term].begin, entries_[term].size);
  }
  uint32_t FindOrAdd(std::string_view term, uint32_t hash);
  void Grow();
  std::vector<uint32_t> TermsInOrder() const;
  Sorted Sort() const;
  std::vector<uint8_t> NormsOf(uint32_t max_doc, const Sorted& sorted) const;
  Status WriteText(mapping::FieldId field, uint32_t max_doc, const Sorted& sorted,
                   SegmentWriter* writer) const;
  Status WriteKeywords(mapping::FieldId field, uint32_t max_doc, const Sorted& sorted,
                       KeywordIdSource* source, SegmentWriter* writer) const;
  // The values of documents, ordinals or ids; those of one document in any order.
  void WriteColumn(std::span<const std::pair<DocId, uint32_t>> pairs, uint32_t max_doc,
                   ByteSink* sink) const;

  const Keeps keeps_;
  std::string bytes_;  // of terms
  std::vector<Entry> entries_;
  std::vector<uint32_t> slots_;  // open addressing: index of entries_ and one more, 0: free
  std::vector<Occurrence> occurrences_;
  std::vector<std::pair<uint64_t, uint32_t>>
      position_lengths_;  // by index of occurrences_; those that are not 1
  std::vector<std::pair<DocId, uint32_t>> lengths_;  // by document, ascending; those with a value
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_TERM_ACCUMULATOR_H_
