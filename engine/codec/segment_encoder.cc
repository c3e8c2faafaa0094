#include "engine/codec/segment_encoder.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/codec/key_hash.h"

namespace binseek::codec {
namespace {

constexpr mapping::FieldId kNoField{0};
constexpr uint64_t kMax32 = std::numeric_limits<uint32_t>::max();

void PadTo8(std::string* bytes) { bytes->resize((bytes->size() + 7) / 8 * 8, '\0'); }

}  // namespace

void SegmentEncoder::AddSection(mapping::FieldId field, SectionKind kind, std::string_view bytes) {
  PadTo8(&body_);
  sections_.push_back({static_cast<uint32_t>(field), kind, body_.size(), bytes.size()});
  body_.append(bytes);
}

void SegmentEncoder::BeginTerms(mapping::FieldId field) {
  field_ = field;
  term_offsets_.assign(1, 0);
  term_bytes_.clear();
  posting_starts_.assign(1, 0);
  docs_.clear();
  freqs_.clear();
  all_freqs_are_one_ = true;
}

void SegmentEncoder::AddTerm(std::string_view term, std::span<const DocId> docs,
                             std::span<const uint32_t> freqs) {
  term_bytes_.append(term);
  if (term_bytes_.size() > kMax32) {
    error_ = Status::ResourceExhausted("the terms of one field exceed 4 GiB in one segment");
    return;
  }
  term_offsets_.push_back(static_cast<uint32_t>(term_bytes_.size()));
  docs_.insert(docs_.end(), docs.begin(), docs.end());
  if (freqs.empty()) {
    freqs_.resize(docs_.size(), 1);
  } else {
    freqs_.insert(freqs_.end(), freqs.begin(), freqs.end());
    all_freqs_are_one_ = all_freqs_are_one_ &&
                         std::all_of(freqs.begin(), freqs.end(), [](uint32_t f) { return f == 1; });
  }
  posting_starts_.push_back(docs_.size());
}

void SegmentEncoder::EndTerms(uint32_t doc_count, uint64_t sum_total_term_freq) {
  if (all_freqs_are_one_) {
    freqs_.clear();
  }
  AddArray<uint32_t>(field_, SectionKind::kTermOffsets, term_offsets_);
  AddSection(field_, SectionKind::kTermBytes, term_bytes_);
  AddArray<uint64_t>(field_, SectionKind::kPostingStarts, posting_starts_);
  AddArray<DocId>(field_, SectionKind::kPostingDocs, docs_);
  AddArray<uint32_t>(field_, SectionKind::kPostingFreqs, freqs_);
  const uint64_t stats[] = {doc_count, sum_total_term_freq};
  AddArray<uint64_t>(field_, SectionKind::kTermStats, stats);
}

void SegmentEncoder::AddKeywords(mapping::FieldId field, std::span<const uint32_t> starts,
                                 std::span<const uint32_t> ords) {
  if (ords.size() > kMax32) {
    error_ = Status::ResourceExhausted("more than 2^32 keywords of one field in one segment");
  }
  AddArray(field, SectionKind::kKeywordStarts, starts);
  AddArray(field, SectionKind::kKeywordOrds, ords);
}

void SegmentEncoder::AddNumbers(mapping::FieldId field, std::span<const int64_t> values,
                                std::span<const uint64_t> present,
                                std::span<const uint32_t> multi_starts,
                                std::span<const int64_t> multi_values) {
  if (multi_values.size() > kMax32) {
    error_ = Status::ResourceExhausted("more than 2^32 numbers of one field in one segment");
  }
  AddArray(field, SectionKind::kNumberValues, values);
  AddArray(field, SectionKind::kNumberPresent, present);
  AddArray(field, SectionKind::kMultiStarts, multi_starts);
  AddArray(field, SectionKind::kMultiValues, multi_values);
}

void SegmentEncoder::AddNorms(mapping::FieldId field, std::span<const uint8_t> norms) {
  AddArray(field, SectionKind::kNorms, norms);
}

void SegmentEncoder::AddDocument(std::string_view key, bool stored_verbatim,
                                 std::string_view stored) {
  key_bytes_.append(key);
  key_offsets_.push_back(key_bytes_.size());
  stored_bytes_.push_back(stored_verbatim ? '\1' : '\0');
  stored_bytes_.append(stored);
  stored_offsets_.push_back(stored_bytes_.size());
}

void SegmentEncoder::AddKeyTable() {
  const uint32_t slots = std::bit_ceil(std::max<uint32_t>(2, max_doc_ * 2));
  std::vector<uint32_t> table(slots, 0);
  const std::string_view keys = key_bytes_;
  const auto key_of = [&](DocId doc) {
    return keys.substr(key_offsets_[doc], key_offsets_[doc + 1] - key_offsets_[doc]);
  };
  for (DocId doc = 0; doc < max_doc_; ++doc) {
    uint32_t slot = static_cast<uint32_t>(KeyHash(key_of(doc))) & (slots - 1);
    while (table[slot] != 0 && key_of(table[slot] - 1) != key_of(doc)) {
      slot = (slot + 1) & (slots - 1);
    }
    table[slot] = doc + 1;  // a later document with the same key takes the place of the earlier one
  }
  AddArray<uint32_t>(kNoField, SectionKind::kKeyTable, table);
}

Result<std::string> SegmentEncoder::Finish() {
  BINSEEK_RETURN_IF_ERROR(error_);
  BINSEEK_CHECK(key_offsets_.size() == size_t{max_doc_} + 1,
                "AddDocument was not called max_doc times");
  if (max_doc_ > (uint32_t{1} << 30)) {
    return Status::ResourceExhausted("more than 2^30 documents in one segment");
  }
  AddArray<uint64_t>(kNoField, SectionKind::kKeyOffsets, key_offsets_);
  AddSection(kNoField, SectionKind::kKeyBytes, key_bytes_);
  AddKeyTable();
  AddArray<uint64_t>(kNoField, SectionKind::kStoredOffsets, stored_offsets_);
  AddSection(kNoField, SectionKind::kStoredBytes, stored_bytes_);

  std::string out;
  const uint64_t header = 8 + sections_.size() * 24;  // a multiple of 8, so sections stay aligned
  out.reserve(header + body_.size());
  PutU32(&out, max_doc_);
  PutU32(&out, static_cast<uint32_t>(sections_.size()));
  for (const Section& section : sections_) {
    PutU32(&out, section.field);
    PutU32(&out, static_cast<uint32_t>(section.kind));
    PutU64(&out, header + section.offset);
    PutU64(&out, section.length);
  }
  out.append(body_);
  return out;
}

}  // namespace binseek::codec
