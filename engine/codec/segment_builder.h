// SegmentBuilder: documents to the bytes of a segment in memory.
//
//   SegmentBuilder builder(&mapping);
//   BINSEEK_ASSIGN_OR_RETURN(const DocId doc, builder.Add(key, document));
//   builder.SetNumber(doc, mapping::kVersionField, 1);
//   BINSEEK_ASSIGN_OR_RETURN(std::string payload, builder.Finish());
//
// Single-threaded; the costly half of adding, analysis (analyzed_document.h), can be done elsewhere before. Numbers can be changed until Finish, so that
// a batch which inserts a row and then updates it makes one document.
// Cost: some 10 µs for a segment of one product, 100 ns for each of its terms in a large one.
#ifndef BINSEEK_ENGINE_CODEC_SEGMENT_BUILDER_H_
#define BINSEEK_ENGINE_CODEC_SEGMENT_BUILDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/analyzed_document.h"
#include "engine/codec/doc_id.h"
#include "engine/codec/keyword_id_source.h"
#include "engine/codec/number_accumulator.h"
#include "engine/codec/term_accumulator.h"
#include "engine/mapping/document.h"
#include "engine/mapping/mapping.h"

namespace binseek::codec {

class SegmentBuilder {
 public:
  // `mapping` must outlive the builder.
  explicit SegmentBuilder(const mapping::Mapping* mapping) : mapping_(mapping) {}

  // Returns the place of the document itself; its children are before it. Errors: those of Analyze; nothing is added then.
  [[nodiscard]] Result<DocId> Add(std::string_view key, const mapping::Document& document);
  // REQUIRES: `document` was analysed with this mapping.
  DocId Add(std::string_view key, AnalyzedDocument document);
  // REQUIRES: `doc` was returned by Add.
  void SetNumber(DocId doc, mapping::FieldId field, std::optional<int64_t> value);
  void SetNumbers(DocId doc, mapping::FieldId field, std::span<const int64_t> values);  // ascending
  std::optional<int64_t> Number(DocId doc, mapping::FieldId field) const;
  std::vector<int64_t> Numbers(DocId doc, mapping::FieldId field) const;
  // The document is dead: its key must not hide that of a later one, which an index sort may place before it. REQUIRES: `doc` was returned by Add, or lies before such.
  void ForgetKey(DocId doc) { keys_[doc].clear(); }
  uint32_t size() const { return static_cast<uint32_t>(keys_.size()); }

  // Once, last. Brings the blocks into the order of the mapping's index sort. `ids`, which may be null, is asked for the values of the mapping's keyword
  // fields; those of system fields have none. kResourceExhausted: more than a segment can hold.
  [[nodiscard]] Result<std::string> Finish(KeywordIdSource* ids = nullptr);
  // After Finish: the places of all documents, by what Add returned. Empty: they stand as they came.
  const std::vector<DocId>& places() const { return places_; }

 private:
  TermAccumulator* TermsOf(mapping::FieldId field);
  void Sort();
  // Of each block that begins at blocks[i] and ends before blocks[i + 1], by key: sort.keys.size() of them.
  std::vector<mapping::SortValue> SortValues(const std::vector<DocId>& blocks) const;
  void Move(std::vector<DocId> places);
  Status WriteDocuments(SegmentWriter* writer) const;

  const mapping::Mapping* const mapping_;
  std::vector<std::string> keys_;
  std::vector<mapping::StoredSource> sources_;
  std::map<mapping::FieldId, TermAccumulator> terms_;
  std::map<mapping::FieldId, NumberAccumulator> numbers_;
  std::vector<DocId> children_;  // documents that are no roots, ascending
  std::vector<DocId> places_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_SEGMENT_BUILDER_H_
