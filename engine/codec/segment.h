// Segment: an immutable set of documents with everything needed to search and show them.
//
// One byte layout serves both homes of a segment, a buffer in memory (just applied) and a mapped file (committed), so there is one reader. Bytes: FORMATS.md.
// Thread-safe: const after Open. All views returned borrow from the segment.
//
// Open looks at the directory and at the head of each section, in time that grows with the fields and not with the documents; it verifies the
// directory's checksum, and no other. What is read later is bounded, whatever the bytes: a damaged section gives wrong documents, never a crash. Verify reads
// everything: for merges and for `check`. Errors: kCorruption names the section and its offset; kFormatTooNew: a newer binseek wrote it.
#ifndef BINSEEK_ENGINE_CODEC_SEGMENT_H_
#define BINSEEK_ENGINE_CODEC_SEGMENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/doc_id.h"
#include "engine/codec/key_table.h"
#include "engine/codec/number_column.h"
#include "engine/codec/ord_column.h"
#include "engine/codec/postings_reader.h"
#include "engine/codec/segment_layout.h"
#include "engine/codec/stored_fields.h"
#include "engine/codec/term_dictionary_reader.h"
#include "engine/mapping/field.h"

namespace binseek::codec {

using mapping::FieldId;

// The terms of one field, and their postings.
class FieldTerms {
 public:
  const BlockTermDictionary& dictionary() const { return *dictionary_; }
  uint32_t size() const { return dictionary_->size(); }
  PostingsShape shape() const { return dictionary_->shape(); }
  // Of the segment.
  uint32_t max_doc() const { return max_doc_; }
  // Statistics over all documents of the segment, deleted ones included (as Lucene counts them until a merge).
  uint32_t doc_count() const { return dictionary_->doc_count(); }
  uint64_t sum_doc_freq() const { return dictionary_->sum_doc_freq(); }
  uint64_t sum_total_term_freq() const { return dictionary_->sum_total_term_freq(); }
  BlockPostings Postings(const TermInfo& info) const {
    return BlockPostings(sections_, shape(), info, max_doc_);
  }
  BlockPostings Postings(uint32_t ord) const { return Postings(dictionary_->Info(ord)); }

 private:
  friend class Segment;
  std::unique_ptr<const BlockTermDictionary> dictionary_;
  PostingsSections sections_;
  uint32_t max_doc_ = 0;
};

class Segment {
 public:
  // `bytes` is the payload (8-byte aligned) that a SegmentWriter made; `owner` keeps it alive.
  static Result<std::shared_ptr<const Segment>> Open(std::string_view bytes,
                                                     std::shared_ptr<const void> owner);
  // Every section's checksum and everything that the sections can check of themselves.
  [[nodiscard]] Status Verify() const;
  // The checksums alone. Cost: reading all bytes once. `check` is asked every few MB, and ends it unless it is Ok; it may be empty.
  [[nodiscard]] Status VerifyChecksums(const std::function<Status()>& check = {}) const;
  // Those of the keys: whoever takes a key for another would hold two documents of one.
  [[nodiscard]] Status VerifyKeys() const;

  uint32_t max_doc() const { return max_doc_; }
  size_t size_bytes() const { return bytes_.size(); }
  std::string_view bytes() const { return bytes_; }

  // Null where the field has none in this segment.
  const FieldTerms* Terms(FieldId field) const;
  // Of a keyword field with values one of these: ordinals into the field's terms, or index-wide ids of the values, below any number.
  const OrdColumn* Keywords(FieldId field) const;
  const OrdColumn* KeywordIds(FieldId field) const;
  const OrdColumn* AnyKeywords(FieldId field) const {
    const OrdColumn* const ids = KeywordIds(field);
    return ids != nullptr ? ids : Keywords(field);
  }
  const PackedColumn* Numbers(FieldId field) const;
  const uint8_t* Norms(
      FieldId field) const;  // one byte per document, Lucene's length encoding; 0 = no value
  std::vector<FieldId> TermFields() const;
  std::vector<FieldId> NumberFields() const;

  // Blocks of documents: children first, their root last. Null: every document is a root.
  const uint64_t* roots() const { return roots_; }
  bool IsRoot(DocId doc) const {
    return roots_ == nullptr || ((roots_[doc / 64] >> (doc % 64)) & 1) != 0;
  }

  std::string_view Key(DocId doc) const { return keys_->Key(doc); }  // empty: a child without one
  const KeyTable& keys() const { return *keys_; }
  // Newest document with this key (a segment may hold dead older ones before it).
  std::optional<DocId> FindKey(std::string_view key) const { return keys_->Find(key); }
  const StoredFields& stored() const { return *stored_; }

 private:
  struct Section {
    FieldId field{};
    uint32_t kind = 0;
    uint64_t offset = 0;
    uint64_t length = 0;
    uint32_t crc = 0;
  };
  Segment() = default;
  Status Parse();
  Status ParseDirectory();
  Status ParseDocuments();
  Status ParseField(const Section& section);
  Status ParseTerms(const Section& index);
  Status VerifySection(const Section& section) const;
  Status VerifyChecksum(const Section& section, const std::function<Status()>& check) const;
  const Section* Find(FieldId field, SectionKind kind) const;
  std::string_view Bytes(const Section& section) const {
    return bytes_.substr(section.offset, section.length);
  }
  std::string_view Bytes(FieldId field, SectionKind kind) const;  // empty: no such section
  static Status Corrupt(const Section& section, const Status& status);
  static Status Corrupt(const Section& section, std::string_view what);

  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
  uint32_t max_doc_ = 0;
  std::vector<Section> sections_;  // by field and kind
  std::map<FieldId, FieldTerms> terms_;
  std::map<FieldId, OrdColumn> keywords_;
  std::map<FieldId, OrdColumn> keyword_ids_;
  std::map<FieldId, PackedColumn> numbers_;
  std::map<FieldId, const uint8_t*> norms_;
  const uint64_t* roots_ = nullptr;
  std::unique_ptr<const KeyTable> keys_;
  std::unique_ptr<const StoredFields> stored_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_SEGMENT_H_
