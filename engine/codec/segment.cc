#include "engine/codec/segment.h"

#include <algorithm>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/crc32c.h"
#include "engine/codec/term_dictionary_layout.h"

namespace binseek::codec {
namespace {

constexpr FieldId kNoField{0};

std::string_view NameOf(uint32_t kind) {
  switch (static_cast<SectionKind>(kind)) {
    case SectionKind::kTermBlocks:
      return "terms";
    case SectionKind::kTermIndex:
      return "term index";
    case SectionKind::kPostings:
      return "postings";
    case SectionKind::kPositions:
      return "positions";
    case SectionKind::kOffsets:
      return "offsets";
    case SectionKind::kKeywords:
      return "keywords";
    case SectionKind::kNumbers:
      return "numbers";
    case SectionKind::kNorms:
      return "norms";
    case SectionKind::kRoots:
      return "roots";
    case SectionKind::kKeys:
      return "keys";
    case SectionKind::kKeyTable:
      return "key table";
    case SectionKind::kStored:
      return "stored documents";
    case SectionKind::kKeywordIds:
      return "keyword ids";
  }
  return "section of an unknown kind";
}

bool IsKnown(uint32_t kind) {
  return kind >= static_cast<uint32_t>(SectionKind::kTermBlocks) &&
         kind <= static_cast<uint32_t>(SectionKind::kKeywordIds);
}

bool IsPossible(PostingsShape shape) {
  return (!shape.positions || shape.freqs) && (!shape.offsets || shape.positions) &&
         (!shape.position_lengths || shape.positions);
}

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

Status Segment::Corrupt(const Section& section, std::string_view what) {
  std::string where = "segment: ";
  if (section.field != kNoField) {
    where += "field " + std::to_string(static_cast<uint32_t>(section.field)) + ": ";
  }
  where += std::string(NameOf(section.kind)) + " at offset " + std::to_string(section.offset);
  return Status::Corruption(where + ": " + std::string(what));
}

Status Segment::Corrupt(const Section& section, const Status& status) {
  return status.code() == StatusCode::kCorruption ? Corrupt(section, status.message()) : status;
}

const Segment::Section* Segment::Find(FieldId field, SectionKind kind) const {
  const auto key = std::pair(field, static_cast<uint32_t>(kind));
  const auto it = std::lower_bound(sections_.begin(), sections_.end(), key,
                                   [](const Section& section, const auto& wanted) {
                                     return std::pair(section.field, section.kind) < wanted;
                                   });
  return it != sections_.end() && std::pair(it->field, it->kind) == key ? &*it : nullptr;
}

std::string_view Segment::Bytes(FieldId field, SectionKind kind) const {
  const Section* section = Find(field, kind);
  return section == nullptr ? std::string_view() : Bytes(*section);
}

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
  BINSEEK_RETURN_IF_ERROR(ParseDirectory());
  BINSEEK_RETURN_IF_ERROR(ParseDocuments());
  // Terms come before what refers to them: kinds are numbered so.
  for (const Section& section : sections_) {
    BINSEEK_RETURN_IF_ERROR(ParseField(section));
  }
  return Status::Ok();
}

Status Segment::ParseDirectory() {
  const auto where = [](uint64_t offset) {
    return "segment: directory at offset " + std::to_string(offset) + ": ";
  };
  const auto corrupt = [&where](uint64_t offset, std::string_view what) {
    return Status::Corruption(where(offset) + std::string(what));
  };
  if (bytes_.size() < kSegmentTrailerBytes || bytes_.size() % 8 != 0) {
    return corrupt(bytes_.size(), "the segment ends too early");
  }
  const size_t end = bytes_.size() - kSegmentTrailerBytes;
  ByteReader trailer(bytes_.substr(end), end);
  max_doc_ = trailer.U32();
  const uint32_t count = trailer.U32();
  const uint32_t crc = trailer.U32();
  if (count > end / kSectionEntryBytes) {
    return corrupt(end, "more sections than there is room for");
  }
  const size_t begin = end - count * kSectionEntryBytes;
  if (Crc32c(bytes_.substr(begin, end + 8 - begin)) != crc || trailer.U32() != 0) {
    return corrupt(begin, "checksum does not match");
  }
  if (max_doc_ > kMaxSegmentDocs) {
    return corrupt(end, "more documents than a segment can hold");
  }
  ByteReader reader(bytes_.substr(begin, end - begin), begin);
  sections_.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    Section section;
    section.field = FieldId{reader.U32()};
    section.kind = reader.U32();
    section.offset = reader.U64();
    section.length = reader.U64();
    section.crc = reader.U32();
    // What is not understood must not be passed over: a merge would leave it out for good. The checksum says that it was written so.
    if (reader.U32() != 0 || !IsKnown(section.kind)) {
      return Status::FormatTooNew(where(begin + i * kSectionEntryBytes) + "a section of kind " +
                                  std::to_string(section.kind) +
                                  " that only a newer binseek knows, which wrote it");
    }
    if (section.offset % 8 != 0 || section.offset > begin ||
        section.length > begin - section.offset) {
      return corrupt(begin + i * kSectionEntryBytes, "a section lies outside");
    }
    sections_.push_back(section);
  }
  const auto key = [](const Section& section) { return std::pair(section.field, section.kind); };
  std::sort(sections_.begin(), sections_.end(),
            [&](const Section& a, const Section& b) { return key(a) < key(b); });
  if (std::adjacent_find(sections_.begin(), sections_.end(),
                         [&](const Section& a, const Section& b) { return key(a) == key(b); }) !=
      sections_.end()) {
    return corrupt(begin, "a section is there twice");
  }
  return Status::Ok();
}

Status Segment::ParseDocuments() {
  const Section* key_section = Find(kNoField, SectionKind::kKeys);
  const Section* stored = Find(kNoField, SectionKind::kStored);
  if (key_section == nullptr || stored == nullptr) {
    return Status::Corruption("segment: it has no documents");
  }
  auto keys =
      KeyTable::Open(Bytes(*key_section), Bytes(kNoField, SectionKind::kKeyTable), max_doc_);
  if (!keys.ok()) {
    return Corrupt(*key_section, keys.status());
  }
  keys_ = std::move(*keys);
  auto fields = StoredFields::Open(Bytes(*stored), max_doc_);
  if (!fields.ok()) {
    return Corrupt(*stored, fields.status());
  }
  stored_ = std::make_unique<const StoredFields>(*fields);
  if (const Section* roots = Find(kNoField, SectionKind::kRoots)) {
    const uint64_t words = (uint64_t{max_doc_} + 63) / 64;
    if (roots->length != words * 8 || words == 0) {
      return Corrupt(*roots, "not as many bits as the segment has documents");
    }
    const auto* bits = reinterpret_cast<const uint64_t*>(bytes_.data() + roots->offset);
    // Readers take whole words and trust that there is a document under every set bit.
    if (max_doc_ % 64 != 0 && (bits[words - 1] >> (max_doc_ % 64)) != 0) {
      return Corrupt(*roots, "a bit beyond the last document");
    }
    roots_ = bits;
  }
  return Status::Ok();
}

Status Segment::ParseField(const Section& section) {
  switch (static_cast<SectionKind>(section.kind)) {
    case SectionKind::kTermIndex:
      return ParseTerms(section);
    case SectionKind::kKeywords: {
      const FieldTerms* terms = Terms(section.field);
      if (terms == nullptr || terms->size() == kNoOrd) {
        return Corrupt(section, "there are no terms for them");
      }
      auto column = OrdColumn::Open(Bytes(section), max_doc_, terms->size());
      if (!column.ok()) {
        return Corrupt(section, column.status());
      }
      keywords_.emplace(section.field, *column);
      return Status::Ok();
    }
    case SectionKind::kKeywordIds: {
      if (Terms(section.field) == nullptr || Keywords(section.field) != nullptr) {
        return Corrupt(section, "there are no terms for them, or ordinals beside them");
      }
      auto column = OrdColumn::Open(Bytes(section), max_doc_, kNoOrd - 1);
      if (!column.ok()) {
        return Corrupt(section, column.status());
      }
      keyword_ids_.emplace(section.field, *column);
      return Status::Ok();
    }
    case SectionKind::kNumbers: {
      auto column = PackedColumn::Open(Bytes(section), max_doc_);
      if (!column.ok()) {
        return Corrupt(section, column.status());
      }
      numbers_.emplace(section.field, *column);
      return Status::Ok();
    }
    case SectionKind::kNorms:
      if (section.length != max_doc_) {
        return Corrupt(section, "not as many as the segment has documents");
      }
      norms_.emplace(section.field,
                     reinterpret_cast<const uint8_t*>(bytes_.data() + section.offset));
      return Status::Ok();
    default:
      return Status::Ok();  // read together with the section that leads its group
  }
}

Status Segment::ParseTerms(const Section& index) {
  const PostingsShape shape = ShapeOfIndex(Bytes(index));
  if (!IsPossible(shape)) {
    return Corrupt(index, "postings of an impossible shape");
  }
  auto dictionary = BlockTermDictionary::Open(Bytes(index.field, SectionKind::kTermBlocks),
                                              Bytes(index), shape, max_doc_);
  if (!dictionary.ok()) {
    return Corrupt(index, dictionary.status());
  }
  FieldTerms terms;
  terms.dictionary_ = std::move(*dictionary);
  terms.sections_ = {.postings = Bytes(index.field, SectionKind::kPostings),
                     .positions = Bytes(index.field, SectionKind::kPositions),
                     .offsets = Bytes(index.field, SectionKind::kOffsets)};
  terms.max_doc_ = max_doc_;
  terms_.emplace(index.field, std::move(terms));
  return Status::Ok();
}

Status Segment::VerifyChecksum(const Section& section, const std::function<Status()>& check) const {
  constexpr size_t kChunk = size_t{4} << 20;
  uint32_t crc = 0;
  for (std::string_view rest = Bytes(section); !rest.empty();) {
    crc = Crc32c(rest.substr(0, kChunk), crc);
    rest.remove_prefix(std::min(kChunk, rest.size()));
    if (check) {
      BINSEEK_RETURN_IF_ERROR(check());
    }
  }
  return crc == section.crc ? Status::Ok() : Corrupt(section, "checksum does not match");
}

Status Segment::VerifyChecksums(const std::function<Status()>& check) const {
  for (const Section& section : sections_) {
    BINSEEK_RETURN_IF_ERROR(VerifyChecksum(section, check));
  }
  return Status::Ok();
}

Status Segment::VerifyKeys() const {
  for (const Section& section : sections_) {
    const auto kind = static_cast<SectionKind>(section.kind);
    if (kind == SectionKind::kKeys || kind == SectionKind::kKeyTable) {
      BINSEEK_RETURN_IF_ERROR(VerifyChecksum(section, {}));
    }
  }
  return Status::Ok();
}

Status Segment::VerifySection(const Section& section) const {
  switch (static_cast<SectionKind>(section.kind)) {
    case SectionKind::kTermIndex:
      return Terms(section.field)->dictionary().Verify();
    case SectionKind::kKeywords:
      return Keywords(section.field)->Check();
    case SectionKind::kKeywordIds:
      return KeywordIds(section.field)->Check();
    case SectionKind::kNumbers:
      return Numbers(section.field)->Check();
    case SectionKind::kRoots:
      return IsRoot(max_doc_ - 1) ? Status::Ok()
                                  : Status::Corruption("the last document is no root");
    case SectionKind::kKeys:
      return keys_->Verify();
    case SectionKind::kStored:
      return stored_->Check();
    default:
      return Status::Ok();
  }
}

Status Segment::Verify() const {
  BINSEEK_RETURN_IF_ERROR(VerifyChecksums());
  for (const Section& section : sections_) {
    const Status status = VerifySection(section);
    if (!status.ok()) {
      return Corrupt(section, status);
    }
  }
  return Status::Ok();
}

const FieldTerms* Segment::Terms(FieldId field) const { return FindIn(terms_, field); }
const OrdColumn* Segment::Keywords(FieldId field) const { return FindIn(keywords_, field); }
const OrdColumn* Segment::KeywordIds(FieldId field) const { return FindIn(keyword_ids_, field); }
const PackedColumn* Segment::Numbers(FieldId field) const { return FindIn(numbers_, field); }
const uint8_t* Segment::Norms(FieldId field) const {
  const auto* norms = FindIn(norms_, field);
  return norms == nullptr ? nullptr : *norms;
}
std::vector<FieldId> Segment::TermFields() const { return KeysOf(terms_); }
std::vector<FieldId> Segment::NumberFields() const { return KeysOf(numbers_); }

}  // namespace binseek::codec
