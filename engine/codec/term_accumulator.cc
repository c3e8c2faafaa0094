#include "engine/codec/term_accumulator.h"

#include <algorithm>
#include <numeric>

#include "engine/codec/norms.h"
#include "engine/codec/ord_column.h"
#include "engine/codec/postings_writer.h"
#include "engine/codec/segment_writer.h"
#include "engine/codec/term_dictionary_layout.h"
#include "engine/codec/term_dictionary_writer.h"

namespace binseek::codec {

uint32_t TermAccumulator::FindOrAdd(std::string_view term, uint32_t hash) {
  if (entries_.size() * 2 >= slots_.size()) {
    Grow();
  }
  const size_t mask = slots_.size() - 1;
  size_t slot = hash & mask;
  for (; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const uint32_t found = slots_[slot] - 1;
    if (entries_[found].hash == hash && TermOf(found) == term) {
      return found;
    }
  }
  entries_.push_back(
      {.begin = bytes_.size(), .size = static_cast<uint32_t>(term.size()), .hash = hash});
  bytes_.append(term);
  slots_[slot] = static_cast<uint32_t>(entries_.size());
  return slots_[slot] - 1;
}

void TermAccumulator::Grow() {
  constexpr size_t kLeastSlots = 16;
  slots_.assign(std::max(kLeastSlots, slots_.size() * 2), 0);
  const size_t mask = slots_.size() - 1;
  for (uint32_t term = 0; term < entries_.size(); ++term) {
    size_t slot = entries_[term].hash & mask;
    while (slots_[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    slots_[slot] = term + 1;
  }
}

void TermAccumulator::Add(DocId doc, const AnalyzedDocument& document,
                          std::span<const AnalyzedDocument::Term> terms, uint32_t length) {
  for (const AnalyzedDocument::Term& term : terms) {
    const uint32_t found = FindOrAdd(document.TermBytes(term), term.hash);
    ++entries_[found].count;
    if (term.position_length != 1) {
      position_lengths_.emplace_back(occurrences_.size(), term.position_length);
    }
    occurrences_.push_back({.term = found, .doc = doc, .position = term.position});
  }
  if (!terms.empty()) {
    if (lengths_.empty() || lengths_.back().first != doc) {
      lengths_.emplace_back(doc, 0);
    }
    lengths_.back().second += length;
  }
}

std::vector<uint32_t> TermAccumulator::TermsInOrder() const {
  // Heads decide nearly always, without a look at the bytes.
  std::vector<std::pair<uint64_t, uint32_t>> order;
  order.reserve(entries_.size());
  for (uint32_t term = 0; term < entries_.size(); ++term) {
    order.emplace_back(TermHead(TermOf(term)), term);
  }
  std::sort(order.begin(), order.end(), [this](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : TermOf(a.second) < TermOf(b.second);
  });
  std::vector<uint32_t> terms;
  terms.reserve(order.size());
  for (const auto& [head, term] : order) {
    terms.push_back(term);
  }
  return terms;
}

void TermAccumulator::Renumber(std::span<const DocId> places) {
  std::vector<uint64_t> next(places.size() + 1, 0);  // by new document: where its next one goes
  for (const Occurrence& occurrence : occurrences_) {
    ++next[places[occurrence.doc] + 1];
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  std::vector<Occurrence> moved(occurrences_.size());
  auto lengths = position_lengths_.begin();
  for (uint64_t i = 0; i < occurrences_.size(); ++i) {
    const DocId doc = places[occurrences_[i].doc];
    const uint64_t to = next[doc]++;
    moved[to] = occurrences_[i];
    moved[to].doc = doc;
    if (lengths != position_lengths_.end() && lengths->first == i) {
      lengths->first = to;
      ++lengths;
    }
  }
  occurrences_ = std::move(moved);
  for (auto& [doc, length] : lengths_) {
    doc = places[doc];
  }
  std::sort(position_lengths_.begin(), position_lengths_.end());
  std::sort(lengths_.begin(), lengths_.end());
}

TermAccumulator::Sorted TermAccumulator::Sort() const {
  Sorted sorted;
  sorted.terms = TermsInOrder();
  sorted.starts.reserve(sorted.terms.size() + 1);
  std::vector<uint64_t> next(entries_.size());  // by term: where its next occurrence goes
  uint64_t at = 0;
  for (const uint32_t term : sorted.terms) {
    sorted.starts.push_back(at);
    next[term] = at;
    at += entries_[term].count;
  }
  sorted.starts.push_back(at);
  sorted.places.resize(at);
  auto lengths = position_lengths_.begin();
  for (uint64_t i = 0; i < occurrences_.size(); ++i) {
    const Occurrence& occurrence = occurrences_[i];
    Place& place = sorted.places[next[occurrence.term]++];
    place.doc = occurrence.doc;
    place.position = occurrence.position;
    if (lengths != position_lengths_.end() && lengths->first == i) {
      place.position_length = lengths->second;
      ++lengths;
    }
  }
  return sorted;
}

Status TermAccumulator::Write(mapping::FieldId field, uint32_t max_doc, KeywordIdSource* ids,
                              SegmentWriter* writer) const {
  const Sorted sorted = Sort();
  return keeps_.text ? WriteText(field, max_doc, sorted, writer)
                     : WriteKeywords(field, max_doc, sorted, ids, writer);
}

// As Lucene does, a document is as long as it has different terms where nothing tells how often each of them comes.
std::vector<uint8_t> TermAccumulator::NormsOf(uint32_t max_doc, const Sorted& sorted) const {
  std::vector<uint8_t> norms(max_doc, 0);
  if (keeps_.freqs || !keeps_.lengths) {
    for (const auto& [doc, length] : lengths_) {
      norms[doc] = EncodeNorm(keeps_.lengths ? length : 1);
    }
    return norms;
  }
  std::vector<uint32_t> distinct(max_doc, 0);
  for (size_t i = 0; i < sorted.terms.size(); ++i) {
    DocId last = kNoMoreDocs;
    for (uint64_t at = sorted.starts[i]; at < sorted.starts[i + 1]; ++at) {
      const DocId doc = sorted.places[at].doc;
      distinct[doc] += doc != last ? 1 : 0;
      last = doc;
    }
  }
  for (const auto& [doc, length] : lengths_) {
    norms[doc] = EncodeNorm(distinct[doc]);
  }
  return norms;
}

Status TermAccumulator::WriteText(mapping::FieldId field, uint32_t max_doc, const Sorted& sorted,
                                  SegmentWriter* writer) const {
  const std::vector<uint8_t> norms = NormsOf(max_doc, sorted);
  const PostingsShape shape{.freqs = keeps_.freqs,
                            .positions = keeps_.positions,
                            .position_lengths = keeps_.positions && !position_lengths_.empty()};
  ByteSink* const positions =
      keeps_.positions ? writer->Begin(field, SectionKind::kPositions) : nullptr;
  ByteSink* const postings_sink = writer->Begin(field, SectionKind::kPostings);
  ByteSink* const blocks = writer->Begin(field, SectionKind::kTermBlocks);
  ByteSink* const index = writer->Begin(field, SectionKind::kTermIndex);
  writer->Begin(field, SectionKind::kNorms)->AppendArray<uint8_t>(norms);
  PostingsWriter postings(shape, norms.data(), postings_sink, positions, nullptr);
  BlockTermDictionaryWriter dictionary(shape, blocks, index);
  for (size_t i = 0; i < sorted.terms.size(); ++i) {
    postings.BeginTerm();
    const auto places =
        std::span(sorted.places).subspan(sorted.starts[i], sorted.starts[i + 1] - sorted.starts[i]);
    for (auto it = places.begin(); it != places.end();) {
      const DocId doc = it->doc;
      const auto end =
          std::find_if(it, places.end(), [doc](const Place& place) { return place.doc != doc; });
      postings.AddDoc(doc, keeps_.freqs ? static_cast<uint32_t>(end - it) : 1);
      for (; keeps_.positions && it != end; ++it) {
        postings.AddPosition(it->position, 0, 0, it->position_length);
      }
      it = end;
    }
    BINSEEK_RETURN_IF_ERROR(dictionary.Add(TermOf(sorted.terms[i]), postings.EndTerm()));
  }
  BINSEEK_RETURN_IF_ERROR(dictionary.Finish(static_cast<uint32_t>(lengths_.size())));
  return writer->End();
}

Status TermAccumulator::WriteKeywords(mapping::FieldId field, uint32_t max_doc,
                                      const Sorted& sorted, KeywordIdSource* source,
                                      SegmentWriter* writer) const {
  std::vector<std::string_view> values;
  values.reserve(sorted.terms.size());
  for (const uint32_t term : sorted.terms) {
    values.push_back(TermOf(term));
  }
  std::vector<uint32_t> ids;  // by ordinal
  const bool has_ids = source != nullptr && source->Give(field, values, &ids);
  ByteSink* const postings_sink = writer->Begin(field, SectionKind::kPostings);
  ByteSink* const blocks = writer->Begin(field, SectionKind::kTermBlocks);
  ByteSink* const index = writer->Begin(field, SectionKind::kTermIndex);
  ByteSink* const column_sink =
      writer->Begin(field, has_ids ? SectionKind::kKeywordIds : SectionKind::kKeywords);
  PostingsWriter postings({}, nullptr, postings_sink, nullptr, nullptr);
  BlockTermDictionaryWriter dictionary({}, blocks, index);
  std::vector<std::pair<DocId, uint32_t>> pairs;  // documents with ids or ordinals
  pairs.reserve(sorted.places.size());
  for (uint32_t ord = 0; ord < sorted.terms.size(); ++ord) {
    postings.BeginTerm();
    DocId last = kNoMoreDocs;
    for (uint64_t at = sorted.starts[ord]; at < sorted.starts[ord + 1]; ++at) {
      const DocId doc = sorted.places[at].doc;
      if (doc != last) {  // a value counts once in a document
        postings.AddDoc(doc, 1);
        pairs.emplace_back(doc, has_ids ? ids[ord] : ord);
        last = doc;
      }
    }
    BINSEEK_RETURN_IF_ERROR(dictionary.Add(values[ord], postings.EndTerm()));
  }
  BINSEEK_RETURN_IF_ERROR(dictionary.Finish(static_cast<uint32_t>(lengths_.size())));
  WriteColumn(pairs, max_doc, column_sink);
  return writer->End();
}

void TermAccumulator::WriteColumn(std::span<const std::pair<DocId, uint32_t>> pairs,
                                  uint32_t max_doc, ByteSink* sink) const {
  // By document: counted, then placed.
  std::vector<uint64_t> starts(size_t{max_doc} + 1, 0);
  for (const auto& [doc, ord] : pairs) {
    ++starts[doc];
  }
  uint64_t at = 0;
  for (uint64_t& start : starts) {  // counts become places
    at += std::exchange(start, at);
  }
  std::vector<uint32_t> ords(pairs.size());
  for (const auto& [doc, ord] : pairs) {
    ords[starts[doc]++] = ord;
  }
  OrdColumnWriter column(sink);
  for (const auto& [doc, length] : lengths_) {
    const uint64_t begin = doc == 0 ? 0 : starts[doc - 1];  // which has moved to its end
    const auto own = std::span(ords).subspan(begin, starts[doc] - begin);
    std::sort(own.begin(), own.end());  // ordinals are in order, ids are not
    column.Add(doc, own);
  }
  column.Finish(max_doc);
}

}  // namespace binseek::codec
