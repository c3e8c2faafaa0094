// SegmentBuilder: documents to the bytes of a segment.
//
// Single-threaded: the writer. Analyses text as documents are added; numbers can still be changed until Finish, so that a batch which
// inserts a row and then updates it makes one document.
#ifndef BINSEEK_ENGINE_CODEC_SEGMENT_BUILDER_H_
#define BINSEEK_ENGINE_CODEC_SEGMENT_BUILDER_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/postings.h"
#include "engine/mapping/document.h"
#include "engine/mapping/mapping.h"

namespace binseek::codec {

class SegmentEncoder;

class SegmentBuilder {
 public:
  // `mapping` must outlive the builder.
  explicit SegmentBuilder(const mapping::Mapping* mapping) : mapping_(mapping) {}

  // kInvalidArgument: a value's field is not in the mapping or is of another kind, or its analyzer is unknown, or it has
  // several values and is updated in place; nothing is added then.
  [[nodiscard]] Result<DocId> Add(std::string_view key, const mapping::Document& document);
  // REQUIRES: `doc` was returned by Add.
  void SetNumber(DocId doc, mapping::FieldId field, std::optional<int64_t> value);
  std::optional<int64_t> Number(DocId doc, mapping::FieldId field) const;
  uint32_t size() const { return static_cast<uint32_t>(keys_.size()); }

  [[nodiscard]] Result<std::string> Finish() const;

 private:
  struct Postings {
    std::vector<DocId> docs;
    std::vector<uint32_t> freqs;
  };
  struct TermsOfField {
    std::unordered_map<std::string, Postings> terms;
    std::map<DocId, uint32_t> lengths;  // tokens per document; kText only
    uint32_t doc_count = 0;
    DocId last_doc = kNoMoreDocs;
    uint64_t sum_total_term_freq = 0;
  };
  Status Check(const mapping::Document& document) const;
  void AddTerm(TermsOfField* field, DocId doc, std::string_view term);
  void AddText(const mapping::Field& field, DocId doc, const std::string& text);
  void EncodeTerms(mapping::FieldId field, const TermsOfField& terms,
                   SegmentEncoder* encoder) const;
  void EncodeNumbers(mapping::FieldId field, const std::multimap<DocId, int64_t>& values,
                     SegmentEncoder* encoder) const;

  const mapping::Mapping* const mapping_;
  std::vector<std::string> keys_;
  std::vector<mapping::StoredSource> sources_;
  std::map<mapping::FieldId, TermsOfField> terms_;
  std::map<mapping::FieldId, std::multimap<DocId, int64_t>> numbers_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_SEGMENT_BUILDER_H_
