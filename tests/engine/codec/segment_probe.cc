#include "tests/engine/codec/segment_probe.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/base/crc32c.h"
#include "engine/codec/segment.h"

namespace binseek::codec {
namespace {

// Keeps what is read from being optimised away.
volatile uint64_t probe_sum = 0;

uint64_t SumOf(std::string_view bytes) {
  uint64_t sum = 0;
  for (const char c : bytes) {
    sum += static_cast<uint8_t>(c);
  }
  return sum;
}

uint64_t SumOf(BlockPostings postings, const Segment& segment) {
  uint64_t sum = postings.cost();
  for (DocId doc = postings.Next(); doc != kNoMoreDocs; doc = postings.Next()) {
    sum += doc + postings.freq() + SumOf(segment.Key(doc));
    PositionCursor& positions = postings.positions();
    for (uint32_t at = positions.NextPosition(); at != kNoMorePositions;
         at = positions.NextPosition()) {
      sum += at + positions.position_length();
    }
  }
  return sum;
}

uint64_t ProbeTerms(const Segment& segment, FieldId field) {
  const FieldTerms& terms = *segment.Terms(field);
  const BlockTermDictionary& dictionary = terms.dictionary();
  uint64_t sum = terms.doc_count() + terms.sum_doc_freq() + terms.sum_total_term_freq() +
                 dictionary.LowerBound("m");
  std::string term;
  for (BlockTermDictionary::Cursor cursor(dictionary); cursor.Next();) {
    const TermInfo info = cursor.info();
    sum += SumOf(cursor.term()) + info.total_term_freq +
           (dictionary.Find(cursor.term(), nullptr, nullptr) ? 1 : 0) +
           SumOf(terms.Postings(info), segment);
    sum += terms.Postings(cursor.ord()).Advance(segment.max_doc() / 2);
  }
  const uint8_t* norms = segment.Norms(field);
  const OrdColumn* keywords = segment.Keywords(field);
  const OrdColumn* ids = segment.KeywordIds(field);
  std::vector<uint32_t> scratch;
  for (DocId doc = 0; ids != nullptr && doc < segment.max_doc(); ++doc) {
    for (const uint32_t id : ids->Below(100).Ords(doc, &scratch)) {
      BINSEEK_CHECK(id < 100, "an id beyond all there are");
      sum += id;
    }
  }
  for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
    sum += norms == nullptr ? 0 : norms[doc];
    if (keywords != nullptr) {
      for (const uint32_t ord : keywords->Ords(doc, &scratch)) {
        sum += dictionary.Term(ord, &term) ? SumOf(term) : 0;
      }
    }
  }
  return sum;
}

uint64_t ProbeNumbers(const Segment& segment, FieldId field) {
  const PackedColumn& column = *segment.Numbers(field);
  uint64_t sum = column.docs_with_value();
  std::vector<int64_t> scratch;
  for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
    for (const int64_t value : column.GetAll(doc, &scratch)) {
      sum += static_cast<uint64_t>(value);
    }
  }
  BlockBits match;
  for (uint32_t block = 0; block < column.block_count(); ++block) {
    column.MatchRange(block, -5, 5, &match);
    sum += match[0];
  }
  return sum;
}

}  // namespace

void SealDirectory(std::string* bytes) {
  if (bytes->size() < kSegmentTrailerBytes) {
    return;
  }
  const size_t end = bytes->size() - kSegmentTrailerBytes;
  const size_t entries = LoadU32(bytes->data() + end + 4) * kSectionEntryBytes;
  if (entries > end) {
    return;
  }
  std::string crc;
  PutU32(&crc, Crc32c(std::string_view(*bytes).substr(end - entries, entries + 8)));
  bytes->replace(end + 8, crc.size(), crc);
}

Status ProbeSegment(std::string_view bytes) {
  const std::shared_ptr<char> block(
      static_cast<char*>(::operator new(std::max<size_t>(bytes.size(), 1))),
      [](char* memory) { ::operator delete(memory); });
  std::copy(bytes.begin(), bytes.end(), block.get());
  const auto opened = Segment::Open({block.get(), bytes.size()}, block);
  if (!opened.ok()) {
    return opened.status();
  }
  const Segment& segment = **opened;
  uint64_t sum = segment.FindKey("an unknown key").value_or(0);
  // Opening is for the price of the directory, whatever the number of documents that it claims: of a few bytes not all are asked.
  const DocId docs = std::min<DocId>(segment.max_doc(), 100'000);
  StoredFieldsReader stored(&segment.stored());
  for (DocId doc = 0; doc < docs; ++doc) {
    const auto document = stored.Get(doc);
    sum += SumOf(segment.Key(doc)) + (document.ok() ? SumOf(document->bytes) : 1);
    sum += segment.FindKey(segment.Key(doc)).value_or(0) + (segment.IsRoot(doc) ? 1 : 0);
  }
  for (const FieldId field : segment.TermFields()) {
    sum += ProbeTerms(segment, field);
  }
  for (const FieldId field : segment.NumberFields()) {
    sum += ProbeNumbers(segment, field);
  }
  sum += segment.Verify().ok() ? 1 : 0;
  probe_sum = sum;
  return Status::Ok();
}

}  // namespace binseek::codec
