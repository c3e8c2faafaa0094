#include "engine/codec/segment.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/codec/key_hash.h"
#include "engine/codec/segment_encoder.h"

namespace binseek::codec {

std::optional<uint32_t> TermDictionary::Find(std::string_view term) const {
  const uint32_t ord = LowerBound(term);
  return ord < size() && Term(ord) == term ? std::optional<uint32_t>(ord) : std::nullopt;
}

uint32_t TermDictionary::LowerBound(std::string_view term) const {
  uint32_t low = 0;
  uint32_t high = size();
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (Term(middle) < term) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

uint64_t TermDictionary::TotalTermFreq(uint32_t ord) const {
  if (freqs_.empty()) {
    return DocFreq(ord);
  }
  const auto begin = freqs_.begin() + static_cast<std::ptrdiff_t>(starts_[ord]);
  return std::accumulate(begin, begin + DocFreq(ord), uint64_t{0});
}

PostingsIterator TermDictionary::Postings(uint32_t ord) const {
  const uint64_t start = starts_[ord];
  const uint32_t count = DocFreq(ord);
  return {docs_.subspan(start, count),
          freqs_.empty() ? std::span<const uint32_t>() : freqs_.subspan(start, count)};
}

// The sections by (field, kind), with typed and checked access.
struct Segment::Directory {
  std::string_view bytes;
  std::map<std::pair<uint32_t, uint32_t>, std::pair<uint64_t, uint64_t>> sections;

  bool Has(FieldId field, SectionKind kind) const {
    return sections.count({static_cast<uint32_t>(field), static_cast<uint32_t>(kind)}) != 0;
  }
  std::string_view Bytes(FieldId field, SectionKind kind) const {
    const auto it = sections.find({static_cast<uint32_t>(field), static_cast<uint32_t>(kind)});
    return it == sections.end() ? std::string_view()
                                : bytes.substr(it->second.first, it->second.second);
  }
  template <class T>
  std::span<const T> Array(FieldId field, SectionKind kind) const {
    const std::string_view section = Bytes(field, kind);
    return {reinterpret_cast<const T*>(section.data()), section.size() / sizeof(T)};
  }
};

namespace {

constexpr FieldId kNoField{0};

Status Corrupt(FieldId field, std::string_view what) {
  return Status::Corruption("segment: field " + std::to_string(static_cast<uint32_t>(field)) +
                            ": " + std::string(what));
}

// Offsets that start at 0, never fall, and end at `end`.
template <class T>
bool AreOffsets(std::span<const T> offsets, uint64_t count, uint64_t end) {
  return offsets.size() == count && offsets.front() == 0 && offsets.back() == end &&
         std::is_sorted(offsets.begin(), offsets.end());
}

bool PostingsAreValid(std::span<const uint64_t> starts, std::span<const DocId> docs,
                      uint32_t max_doc) {
  for (size_t term = 0; term + 1 < starts.size(); ++term) {
    for (uint64_t i = starts[term]; i < starts[term + 1]; ++i) {
      if (docs[i] >= max_doc || (i > starts[term] && docs[i] <= docs[i - 1])) {
        return false;
      }
    }
  }
  return true;
}

// Readers take whole words and trust that there is a document under every set bit.
bool NoBitsBeyond(std::span<const uint64_t> words, uint32_t max_doc) {
  return max_doc % 64 == 0 || (words.back() >> (max_doc % 64)) == 0;
}

bool AllBelow(std::span<const uint32_t> values, uint64_t limit) {
  return std::all_of(values.begin(), values.end(),
                     [limit](uint32_t value) { return value < limit; });
}

}  // namespace

Result<std::shared_ptr<const Segment>> Segment::Open(std::string_view bytes,
                                                     std::shared_ptr<const void> owner) {
  std::shared_ptr<Segment> segment(new Segment());
  segment->bytes_ = bytes;
  segment->owner_ = std::move(owner);
  BINSEEK_RETURN_IF_ERROR(segment->Parse());
  return std::shared_ptr<const Segment>(std::move(segment));
}

Status Segment::Parse() {
  if (reinterpret_cast<uintptr_t>(bytes_.data()) % 8 != 0) {
    return Status::Internal("segment bytes are not 8-byte aligned");
  }
  ByteReader reader(bytes_);
  max_doc_ = reader.U32();
  const uint32_t count = reader.U32();
  Directory directory{bytes_, {}};
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t field = reader.U32();
    const uint32_t kind = reader.U32();
    const uint64_t offset = reader.U64();
    const uint64_t length = reader.U64();
    if (offset % 8 != 0 || offset > bytes_.size() || length > bytes_.size() - offset) {
      reader.Fail("a section lies outside the file");
      break;
    }
    directory.sections[{field, kind}] = {offset, length};
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("segment directory"));
  BINSEEK_RETURN_IF_ERROR(ParseDocuments(directory));
  for (const auto& [id, place] : directory.sections) {
    BINSEEK_RETURN_IF_ERROR(ParseField(directory, FieldId{id.first}, id.second));
  }
  return Status::Ok();
}

Status Segment::ParseDocuments(const Directory& directory) {
  key_offsets_ = directory.Array<uint64_t>(kNoField, SectionKind::kKeyOffsets);
  key_bytes_ = directory.Bytes(kNoField, SectionKind::kKeyBytes);
  key_table_ = directory.Array<uint32_t>(kNoField, SectionKind::kKeyTable);
  stored_offsets_ = directory.Array<uint64_t>(kNoField, SectionKind::kStoredOffsets);
  stored_bytes_ = directory.Bytes(kNoField, SectionKind::kStoredBytes);
  const uint64_t count = uint64_t{max_doc_} + 1;
  if (!AreOffsets(key_offsets_, count, key_bytes_.size()) ||
      !AreOffsets(stored_offsets_, count, stored_bytes_.size())) {
    return Corrupt(kNoField, "key or stored offsets do not fit");
  }
  // At least one empty slot, so that a probe for an unknown key ends.
  if (!std::has_single_bit(key_table_.size()) || !AllBelow(key_table_, count) ||
      std::find(key_table_.begin(), key_table_.end(), 0u) == key_table_.end()) {
    return Corrupt(kNoField, "key table does not fit");
  }
  for (DocId doc = 0; doc < max_doc_; ++doc) {
    if (stored_offsets_[doc] == stored_offsets_[doc + 1]) {
      return Corrupt(kNoField, "a stored document has no form byte");
    }
  }
  return Status::Ok();
}

Status Segment::ParseField(const Directory& directory, FieldId field, uint32_t kind) {
  const uint64_t count = uint64_t{max_doc_} + 1;
  switch (static_cast<SectionKind>(kind)) {
    case SectionKind::kTermOffsets:
      return ParseTerms(directory, field);
    case SectionKind::kKeywordStarts: {
      KeywordColumn column;
      column.starts_ = directory.Array<uint32_t>(field, SectionKind::kKeywordStarts);
      column.ords_ = directory.Array<uint32_t>(field, SectionKind::kKeywordOrds);
      const auto offsets = directory.Array<uint32_t>(field, SectionKind::kTermOffsets);
      if (!AreOffsets(column.starts_, count, column.ords_.size()) || offsets.empty() ||
          !AllBelow(column.ords_, offsets.size() - 1)) {
        return Corrupt(field, "keyword column does not fit");
      }
      keywords_.emplace(field, column);
      return Status::Ok();
    }
    case SectionKind::kNumberValues: {
      NumberColumn column;
      column.values = directory.Array<int64_t>(field, SectionKind::kNumberValues);
      column.present = directory.Array<uint64_t>(field, SectionKind::kNumberPresent);
      column.multi_starts = directory.Array<uint32_t>(field, SectionKind::kMultiStarts);
      column.multi_values = directory.Array<int64_t>(field, SectionKind::kMultiValues);
      if (column.values.size() != max_doc_ ||
          column.present.size() != (uint64_t{max_doc_} + 63) / 64 ||
          !NoBitsBeyond(column.present, max_doc_) ||
          (!column.multi_starts.empty() &&
           !AreOffsets(column.multi_starts, count, column.multi_values.size()))) {
        return Corrupt(field, "number column does not fit");
      }
      numbers_.emplace(field, column);
      return Status::Ok();
    }
    case SectionKind::kNorms: {
      const auto norms = directory.Array<uint8_t>(field, SectionKind::kNorms);
      if (norms.size() != max_doc_) {
        return Corrupt(field, "norms do not fit");
      }
      norms_.emplace(field, norms);
      return Status::Ok();
    }
    default:
      return Status::Ok();  // read together with the section that leads its group
  }
}

Status Segment::ParseTerms(const Directory& directory, FieldId field) {
  TermDictionary terms;
  terms.offsets_ = directory.Array<uint32_t>(field, SectionKind::kTermOffsets);
  terms.bytes_ = directory.Bytes(field, SectionKind::kTermBytes);
  terms.starts_ = directory.Array<uint64_t>(field, SectionKind::kPostingStarts);
  terms.docs_ = directory.Array<DocId>(field, SectionKind::kPostingDocs);
  terms.freqs_ = directory.Array<uint32_t>(field, SectionKind::kPostingFreqs);
  const auto stats = directory.Array<uint64_t>(field, SectionKind::kTermStats);
  if (terms.offsets_.empty() || stats.size() != 2 || stats[0] > max_doc_ ||
      !AreOffsets(terms.offsets_, terms.offsets_.size(), terms.bytes_.size()) ||
      !AreOffsets(terms.starts_, terms.offsets_.size(), terms.docs_.size()) ||
      (!terms.freqs_.empty() && terms.freqs_.size() != terms.docs_.size())) {
    return Corrupt(field, "term dictionary does not fit");
  }
  if (!PostingsAreValid(terms.starts_, terms.docs_, max_doc_)) {
    return Corrupt(field, "postings are not ascending documents of the segment");
  }
  terms.doc_count_ = static_cast<uint32_t>(stats[0]);
  terms.sum_total_term_freq_ = stats[1];
  terms_.emplace(field, terms);
  return Status::Ok();
}

namespace {

template <class Map>
auto FindIn(const Map& map, FieldId field) -> const typename Map::mapped_type* {
  const auto it = map.find(field);
  return it == map.end() ? nullptr : &it->second;
}

template <class Map>
std::vector<FieldId> KeysOf(const Map& map) {
  std::vector<FieldId> keys;
  keys.reserve(map.size());
  for (const auto& [field, value] : map) {
    keys.push_back(field);
  }
  return keys;
}

}  // namespace

const TermDictionary* Segment::Terms(FieldId field) const { return FindIn(terms_, field); }
const KeywordColumn* Segment::Keywords(FieldId field) const { return FindIn(keywords_, field); }
const NumberColumn* Segment::Numbers(FieldId field) const { return FindIn(numbers_, field); }
const uint8_t* Segment::Norms(FieldId field) const {
  const auto* norms = FindIn(norms_, field);
  return norms == nullptr ? nullptr : norms->data();
}
std::vector<FieldId> Segment::TermFields() const { return KeysOf(terms_); }
std::vector<FieldId> Segment::NumberFields() const { return KeysOf(numbers_); }

std::string_view Segment::Key(DocId doc) const {
  return key_bytes_.substr(key_offsets_[doc], key_offsets_[doc + 1] - key_offsets_[doc]);
}

std::optional<DocId> Segment::FindKey(std::string_view key) const {
  const uint32_t mask = static_cast<uint32_t>(key_table_.size()) - 1;
  for (uint32_t slot = static_cast<uint32_t>(KeyHash(key)) & mask; key_table_[slot] != 0;
       slot = (slot + 1) & mask) {
    if (Key(key_table_[slot] - 1) == key) {
      return key_table_[slot] - 1;
    }
  }
  return std::nullopt;
}

bool Segment::StoredVerbatim(DocId doc) const {
  return stored_bytes_[stored_offsets_[doc]] != '\0';
}

std::string_view Segment::Stored(DocId doc) const {
  const uint64_t begin = stored_offsets_[doc] + 1;
  return stored_bytes_.substr(begin, stored_offsets_[doc + 1] - begin);
}

}  // namespace binseek::codec
