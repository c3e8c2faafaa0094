// Segment: an immutable set of documents with everything needed to search and show them.
//
// One byte layout serves both homes of a segment, a buffer in memory (just applied) and a mapped file (committed), so
// there is one reader. Format version 0: see FORMATS.md beside this file.
// Thread-safe: const after Open. All views returned borrow from the segment. Open checks structure and sizes of
// everything it will later touch without checks; kCorruption names the section and offset.
#ifndef BINSEEK_ENGINE_CODEC_SEGMENT_H_
#define BINSEEK_ENGINE_CODEC_SEGMENT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/postings.h"
#include "engine/mapping/field.h"

namespace binseek::codec {

using mapping::FieldId;

// Sorted terms of one field with their postings.
class TermDictionary {
 public:
  uint32_t size() const { return static_cast<uint32_t>(offsets_.size() - 1); }
  std::string_view Term(uint32_t ord) const {
    return bytes_.substr(offsets_[ord], offsets_[ord + 1] - offsets_[ord]);
  }
  std::optional<uint32_t> Find(std::string_view term) const;
  uint32_t LowerBound(
      std::string_view term) const;  // first term >= `term`; size() where there is none
  uint32_t DocFreq(uint32_t ord) const {
    return static_cast<uint32_t>(starts_[ord + 1] - starts_[ord]);
  }
  uint64_t TotalTermFreq(uint32_t ord) const;
  PostingsIterator Postings(uint32_t ord) const;
  // Statistics over all documents of the segment, deleted ones included (as Lucene counts them until a merge).
  uint32_t doc_count() const { return doc_count_; }  // documents with a value
  uint64_t sum_doc_freq() const { return starts_.back(); }
  uint64_t sum_total_term_freq() const { return sum_total_term_freq_; }

 private:
  friend class Segment;
  std::span<const uint32_t> offsets_;  // size()+1
  std::string_view bytes_;
  std::span<const uint64_t> starts_;  // size()+1, into docs_ and freqs_
  std::span<const DocId> docs_;
  std::span<const uint32_t> freqs_;  // empty: every frequency is 1
  uint32_t doc_count_ = 0;
  uint64_t sum_total_term_freq_ = 0;
};

// Ordinals (into the field's TermDictionary) of each document's values, ascending and distinct within a document.
class KeywordColumn {
 public:
  std::span<const uint32_t> Ords(DocId doc) const {
    return ords_.subspan(starts_[doc], starts_[doc + 1] - starts_[doc]);
  }

 private:
  friend class Segment;
  std::span<const uint32_t> starts_;  // max_doc+1
  std::span<const uint32_t> ords_;
};

// A numeric column as it was written; the values that a reader must see come from index::SegmentView::Column, which
// lays later in-place updates over these. `values` has one entry per document, 0 where absent.
struct NumberColumn {
  std::span<const int64_t> values;
  std::span<const uint64_t> present;  // bit per document
  // Documents with more than one value: all their values, ascending; empty for columns without such documents.
  std::span<const uint32_t> multi_starts;  // max_doc+1
  std::span<const int64_t> multi_values;
};

class Segment {
 public:
  // `bytes` is the payload (8-byte aligned) that EncodeSegment made; `owner` keeps it alive.
  static Result<std::shared_ptr<const Segment>> Open(std::string_view bytes,
                                                     std::shared_ptr<const void> owner);

  uint32_t max_doc() const { return max_doc_; }
  size_t size_bytes() const { return bytes_.size(); }
  std::string_view bytes() const { return bytes_; }

  // Null where the field has none in this segment.
  const TermDictionary* Terms(FieldId field) const;
  const KeywordColumn* Keywords(FieldId field) const;
  const NumberColumn* Numbers(FieldId field) const;
  const uint8_t* Norms(
      FieldId field) const;  // one byte per document, Lucene's length encoding; 0 = no value
  std::vector<FieldId> TermFields() const;
  std::vector<FieldId> NumberFields() const;

  std::string_view Key(DocId doc) const;
  // Newest document with this key (a segment may hold dead older ones before it).
  std::optional<DocId> FindKey(std::string_view key) const;
  bool StoredVerbatim(DocId doc) const;
  std::string_view Stored(DocId doc) const;  // see mapping::StoredSource

 private:
  struct Directory;
  Segment() = default;
  Status Parse();
  Status ParseDocuments(const Directory& directory);
  Status ParseField(const Directory& directory, FieldId field, uint32_t kind);
  Status ParseTerms(const Directory& directory, FieldId field);

  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
  uint32_t max_doc_ = 0;
  std::map<FieldId, TermDictionary> terms_;
  std::map<FieldId, KeywordColumn> keywords_;
  std::map<FieldId, NumberColumn> numbers_;
  std::map<FieldId, std::span<const uint8_t>> norms_;
  std::span<const uint64_t> key_offsets_;
  std::string_view key_bytes_;
  std::span<const uint32_t>
      key_table_;  // open addressing, doc + 1, 0 = empty; size is a power of two
  std::span<const uint64_t> stored_offsets_;
  std::string_view stored_bytes_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_SEGMENT_H_
