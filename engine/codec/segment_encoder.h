// SegmentEncoder: writes the bytes that Segment reads. The one place that knows the layout's order.
//
// Single-threaded: its maker. Terms must come in ascending order within a field, postings ascending by document.
//
//   SegmentEncoder encoder(max_doc);
//   encoder.BeginTerms(field); encoder.AddTerm("phone", docs, freqs); encoder.EndTerms(doc_count, sum_ttf);
//   encoder.AddNorms(field, norms);
//   std::string payload = encoder.Finish() ...
// Errors: kResourceExhausted where a section outgrows its 32-bit offsets.
#ifndef BINSEEK_ENGINE_CODEC_SEGMENT_ENCODER_H_
#define BINSEEK_ENGINE_CODEC_SEGMENT_ENCODER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/postings.h"
#include "engine/mapping/field.h"

namespace binseek::codec {

// Persisted: values are fixed.
enum class SectionKind : uint32_t {
  kTermOffsets = 1,  // u32[n+1]
  kTermBytes = 2,
  kPostingStarts = 3,   // u64[n+1]
  kPostingDocs = 4,     // u32[]
  kPostingFreqs = 5,    // u32[]; empty: all 1
  kTermStats = 6,       // u64 doc_count, u64 sum_total_term_freq
  kKeywordStarts = 7,   // u32[max_doc+1]
  kKeywordOrds = 8,     // u32[]
  kNumberValues = 9,    // i64[max_doc]
  kNumberPresent = 10,  // u64[(max_doc+63)/64]
  kMultiStarts = 11,    // u32[max_doc+1] or empty
  kMultiValues = 12,    // i64[]
  kNorms = 13,          // u8[max_doc]
  kKeyOffsets = 14,     // u64[max_doc+1]
  kKeyBytes = 15,
  kKeyTable = 16,       // u32[power of two]
  kStoredOffsets = 17,  // u64[max_doc+1]
  kStoredBytes = 18,    // per document: u8 verbatim, then bytes
};

class SegmentEncoder {
 public:
  explicit SegmentEncoder(uint32_t max_doc) : max_doc_(max_doc) {}

  void BeginTerms(mapping::FieldId field);
  void AddTerm(std::string_view term, std::span<const DocId> docs, std::span<const uint32_t> freqs);
  void EndTerms(uint32_t doc_count, uint64_t sum_total_term_freq);
  void AddKeywords(mapping::FieldId field, std::span<const uint32_t> starts,
                   std::span<const uint32_t> ords);
  void AddNumbers(mapping::FieldId field, std::span<const int64_t> values,
                  std::span<const uint64_t> present, std::span<const uint32_t> multi_starts,
                  std::span<const int64_t> multi_values);
  void AddNorms(mapping::FieldId field, std::span<const uint8_t> norms);
  // Exactly max_doc times, in document order.
  void AddDocument(std::string_view key, bool stored_verbatim, std::string_view stored);

  [[nodiscard]] Result<std::string> Finish();

 private:
  struct Section {
    uint32_t field;
    SectionKind kind;
    uint64_t offset;
    uint64_t length;
  };
  void AddSection(mapping::FieldId field, SectionKind kind, std::string_view bytes);
  template <class T>
  void AddArray(mapping::FieldId field, SectionKind kind, std::span<const T> values) {
    AddSection(field, kind, {reinterpret_cast<const char*>(values.data()), values.size_bytes()});
  }
  void AddKeyTable();

  uint32_t max_doc_;
  std::string body_;
  std::vector<Section> sections_;
  Status error_;

  // The field whose terms are being added.
  mapping::FieldId field_{};
  std::vector<uint32_t> term_offsets_;
  std::string term_bytes_;
  std::vector<uint64_t> posting_starts_;
  std::vector<DocId> docs_;
  std::vector<uint32_t> freqs_;
  bool all_freqs_are_one_ = true;

  std::vector<uint64_t> key_offsets_{0};
  std::string key_bytes_;
  std::vector<uint64_t> stored_offsets_{0};
  std::string stored_bytes_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_SEGMENT_ENCODER_H_
