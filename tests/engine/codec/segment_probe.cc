#include "tests/engine/codec/segment_probe.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

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

uint64_t ProbeTerms(const Segment& segment, FieldId field) {
  const TermDictionary& terms = *segment.Terms(field);
  uint64_t sum = terms.doc_count() + terms.sum_doc_freq() + terms.sum_total_term_freq() +
                 terms.LowerBound("m");
  for (uint32_t ord = 0; ord < terms.size(); ++ord) {
    sum += SumOf(terms.Term(ord)) + terms.DocFreq(ord) + terms.TotalTermFreq(ord) +
           terms.Find(terms.Term(ord)).value_or(0);
    PostingsIterator postings = terms.Postings(ord);
    for (DocId doc = postings.Next(); doc != kNoMoreDocs; doc = postings.Next()) {
      sum += doc + postings.freq() + SumOf(segment.Key(doc));
    }
    sum += terms.Postings(ord).Advance(segment.max_doc() / 2);
  }
  const uint8_t* norms = segment.Norms(field);
  const KeywordColumn* keywords = segment.Keywords(field);
  for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
    sum += norms == nullptr ? 0 : norms[doc];
    if (keywords != nullptr) {
      for (const uint32_t ord : keywords->Ords(doc)) {
        sum += SumOf(terms.Term(ord));
      }
    }
  }
  return sum;
}

uint64_t ProbeNumbers(const Segment& segment, FieldId field) {
  const NumberColumn& column = *segment.Numbers(field);
  uint64_t sum = 0;
  for (uint64_t word = 0; word < column.present.size(); ++word) {
    for (uint64_t bits = column.present[word]; bits != 0;
         bits &= bits - 1) {  // as readers do: no check of the document
      sum += static_cast<uint64_t>(
          column.values[word * 64 + static_cast<uint64_t>(__builtin_ctzll(bits))]);
    }
  }
  for (DocId doc = 0; doc < segment.max_doc() && !column.multi_starts.empty(); ++doc) {
    for (uint32_t i = column.multi_starts[doc]; i < column.multi_starts[doc + 1]; ++i) {
      sum += static_cast<uint64_t>(column.multi_values[i]);
    }
  }
  return sum;
}

}  // namespace

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
  for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
    sum += SumOf(segment.Key(doc)) + SumOf(segment.Stored(doc)) +
           (segment.StoredVerbatim(doc) ? 1 : 0);
    sum += segment.FindKey(segment.Key(doc)).value_or(0);
  }
  for (const FieldId field : segment.TermFields()) {
    sum += ProbeTerms(segment, field);
  }
  for (const FieldId field : segment.NumberFields()) {
    sum += ProbeNumbers(segment, field);
  }
  probe_sum = sum;
  return Status::Ok();
}

}  // namespace binseek::codec
