#include "engine/index/term_merger.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec/postings_writer.h"
#include "engine/codec/segment.h"
#include "engine/codec/term_dictionary_writer.h"

namespace binseek::index {
namespace {

using codec::BlockTermDictionary;
using codec::FieldTerms;
using codec::kNoMoreDocs;
using codec::kNoOrd;
using codec::SectionKind;
using mapping::FieldId;

// The terms of one segment, as far as they are read.
struct Source {
  size_t segment = 0;
  const FieldTerms* terms = nullptr;
  BlockTermDictionary::Cursor cursor;
  bool has_ids = false;
  // Of a keyword field that gets ordinals, where the source has ordinals too: the new ones.
  std::vector<uint32_t> own_new_ords = {};
};

class TermMerger {
 public:
  TermMerger(FieldId field, const KeywordView* keywords, MergeInput* input,
             codec::SegmentWriter* writer)
      : field_(field), keywords_(keywords), input_(input), writer_(writer) {}

  Status Run() {
    OpenSources();
    BINSEEK_RETURN_IF_ERROR(PrepareOrds());
    if (has_norms_) {
      BINSEEK_RETURN_IF_ERROR(ReadNorms());
    }
    codec::ByteSink* const positions =
        shape_.positions ? writer_->Begin(field_, SectionKind::kPositions) : nullptr;
    codec::ByteSink* const offsets =
        shape_.offsets ? writer_->Begin(field_, SectionKind::kOffsets) : nullptr;
    codec::ByteSink* const postings = writer_->Begin(field_, SectionKind::kPostings);
    codec::ByteSink* const blocks = writer_->Begin(field_, SectionKind::kTermBlocks);
    codec::ByteSink* const index = writer_->Begin(field_, SectionKind::kTermIndex);
    postings_.emplace(shape_, has_norms_ ? norms_.data() : nullptr, postings, positions, offsets);
    dictionary_.emplace(shape_, blocks, index);
    BINSEEK_RETURN_IF_ERROR(MergeAll());
    uint32_t doc_count = 0;
    if (has_norms_) {
      doc_count =
          static_cast<uint32_t>(input_->docs() - std::count(norms_.begin(), norms_.end(), 0));
      writer_->Begin(field_, SectionKind::kNorms)->AppendArray<uint8_t>(norms_);
    } else {
      BINSEEK_RETURN_IF_ERROR(keeps_ids_ ? CopyIds(&doc_count) : MergeOrds(&doc_count));
    }
    BINSEEK_RETURN_IF_ERROR(dictionary_->Finish(doc_count));
    return writer_->End();
  }

 private:
  Status Corrupt(const Source& source, std::string_view what) const {
    return Status::Corruption("segment " + std::to_string(input_->view(source.segment).id()) +
                              ": field " + std::to_string(static_cast<uint32_t>(field_)) + ": " +
                              std::string(what));
  }

  void OpenSources() {
    shape_ = {.freqs = true, .positions = true, .offsets = true};
    for (size_t i = 0; i < input_->size(); ++i) {
      const codec::Segment& segment = input_->segment(i);
      const FieldTerms* terms = segment.Terms(field_);
      has_norms_ = has_norms_ || segment.Norms(field_) != nullptr;
      if (terms == nullptr) {
        continue;
      }
      const codec::PostingsShape shape = terms->shape();
      shape_.freqs = shape_.freqs && shape.freqs;
      shape_.positions = shape_.positions && shape.positions;
      shape_.offsets = shape_.offsets && shape.offsets;
      shape_.position_lengths = shape_.position_lengths || shape.position_lengths;
      sources_.push_back({i, terms, BlockTermDictionary::Cursor(terms->dictionary()),
                          segment.KeywordIds(field_) != nullptr});
    }
    shape_.position_lengths = shape_.position_lengths && shape_.positions;
  }

  // Ids or ordinals, and what ordinals need.
  Status PrepareOrds() {
    const auto has_ids = [](const Source& source) { return source.has_ids; };
    keeps_ids_ = std::all_of(sources_.begin(), sources_.end(), has_ids) &&
                 (keywords_ == nullptr || !keywords_->closed);
    gets_ords_ = !keeps_ids_ && !has_norms_;
    if (!gets_ords_) {
      return Status::Ok();
    }
    for (Source& source : sources_) {
      if (!source.has_ids) {
        source.own_new_ords.assign(source.terms->size(), kNoOrd);
      } else if (keywords_ == nullptr) {
        return Corrupt(source, "it has ids of values that are not there");
      } else if (ranks_ == nullptr) {
        ranks_ = keywords_->table->Ranks(keywords_->size);
        new_ords_of_ids_.assign(keywords_->size, kNoOrd);
      }
    }
    return Status::Ok();
  }

  // By ordinal or, where the source has those, by id.
  std::vector<uint32_t>& NewOrds(Source& source) {
    return source.has_ids ? new_ords_of_ids_ : source.own_new_ords;
  }

  Status ReadNorms() {
    norms_.assign(input_->docs(), 0);
    return input_->ForEachLive([&](size_t i, DocId doc, DocId mapped) {
      const uint8_t* norms = input_->segment(i).Norms(field_);
      norms_[mapped] = norms == nullptr ? 0 : norms[doc];
      return Status::Ok();
    });
  }

  // A heap of the sources by their terms, the least one on top; equal terms in the order of the segments, so that documents ascend.
  Status MergeAll() {
    std::vector<size_t> heap;
    const auto later = [this](size_t a, size_t b) {
      const int order = sources_[a].cursor.term().compare(sources_[b].cursor.term());
      return order != 0 ? order > 0 : a > b;
    };
    const auto push = [&](size_t i) {
      heap.push_back(i);
      std::push_heap(heap.begin(), heap.end(), later);
    };
    for (size_t i = 0; i < sources_.size(); ++i) {
      if (sources_[i].cursor.Next()) {
        push(i);
      }
    }
    std::vector<size_t> equal;
    while (!heap.empty()) {
      equal.clear();
      term_.assign(sources_[heap.front()].cursor.term());
      while (!heap.empty() && sources_[heap.front()].cursor.term() == term_) {
        std::pop_heap(heap.begin(), heap.end(), later);
        equal.push_back(heap.back());
        heap.pop_back();
      }
      BINSEEK_RETURN_IF_ERROR(MergeTerm(equal));
      for (const size_t i : equal) {
        if (sources_[i].cursor.Next()) {
          push(i);
        }
      }
      BINSEEK_RETURN_IF_ERROR(input_->Pace(1));
    }
    for (const Source& source : sources_) {
      if (source.terms->dictionary().corrupt()) {
        return Corrupt(source, "its terms cannot be read");
      }
    }
    return Status::Ok();
  }

  Status MergeTerm(const std::vector<size_t>& sources) {
    begun_ = false;
    if (input_->interleaved() && sources.size() > 1) {
      BINSEEK_RETURN_IF_ERROR(InterleavePostings(sources));
    } else {
      for (const size_t i : sources) {
        BINSEEK_RETURN_IF_ERROR(CopyPostings(sources_[i]));
      }
    }
    if (!begun_) {
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(dictionary_->Add(term_, postings_->EndTerm()));
    if (!gets_ords_) {
      return Status::Ok();
    }
    std::optional<uint32_t> id;
    for (const size_t i : sources) {
      Source& source = sources_[i];
      uint32_t number = source.cursor.ord();
      if (source.has_ids) {
        id = id ? id : ranks_->IdOf(term_);
        if (!id || *id >= new_ords_of_ids_.size()) {
          return Corrupt(source, "it has a value without an id");
        }
        number = *id;
      }
      NewOrds(source)[number] = dictionary_->size() - 1;
    }
    return Status::Ok();
  }

  Status CopyPostings(Source& source) {
    const std::vector<DocId>& doc_map = input_->doc_map(source.segment);
    codec::BlockPostings from = source.terms->Postings(source.cursor.info());
    for (DocId doc = from.Next(); doc != kNoMoreDocs; doc = from.Next()) {
      if (doc_map[doc] != kNoMoreDocs) {
        BINSEEK_RETURN_IF_ERROR(CopyDoc(source, doc_map[doc], &from));
      }
    }
    const Status status = from.status();
    return status.ok() ? status : Corrupt(source, status.message());
  }

  // The same of several segments whose documents stand between each other.
  Status InterleavePostings(const std::vector<size_t>& sources) {
    using Next = std::pair<DocId, size_t>;  // new document, index of `from`
    std::vector<codec::BlockPostings> from;
    std::priority_queue<Next, std::vector<Next>, std::greater<>> queue;
    const auto move_on = [&](size_t at) {
      const std::vector<DocId>& doc_map = input_->doc_map(sources_[sources[at]].segment);
      DocId doc = from[at].Next();
      while (doc != kNoMoreDocs && doc_map[doc] == kNoMoreDocs) {
        doc = from[at].Next();
      }
      if (doc != kNoMoreDocs) {
        queue.emplace(doc_map[doc], at);
      }
    };
    from.reserve(sources.size());
    for (const size_t i : sources) {
      from.push_back(sources_[i].terms->Postings(sources_[i].cursor.info()));
      move_on(from.size() - 1);
    }
    while (!queue.empty()) {
      const auto [mapped, at] = queue.top();
      queue.pop();
      BINSEEK_RETURN_IF_ERROR(CopyDoc(sources_[sources[at]], mapped, &from[at]));
      move_on(at);
    }
    for (size_t at = 0; at < from.size(); ++at) {
      const Status status = from[at].status();
      if (!status.ok()) {
        return Corrupt(sources_[sources[at]], status.message());
      }
    }
    return Status::Ok();
  }

  // The document that `from` stands at.
  Status CopyDoc(const Source& source, DocId mapped, codec::BlockPostings* from) {
    const uint32_t freq = shape_.freqs ? from->freq() : 1;
    if (freq == 0) {
      return Corrupt(source, "a document has a term no time");
    }
    if (!begun_) {
      postings_->BeginTerm();
      begun_ = true;
    }
    postings_->AddDoc(mapped, freq);
    constexpr uint32_t kDocsPerStep = 64;
    if (++copied_ % kDocsPerStep == 0) {
      BINSEEK_RETURN_IF_ERROR(input_->Pace(1));
    }
    if (shape_.positions) {
      codec::PositionCursor& positions = from->positions();
      while (positions.left() > 0) {
        const uint32_t position = positions.NextPosition();
        postings_->AddPosition(position, shape_.offsets ? positions.start_offset() : 0,
                               shape_.offsets ? positions.end_offset() : 0,
                               positions.position_length());
      }
    }
    return Status::Ok();
  }

  Status CopyIds(uint32_t* doc_count) {
    codec::OrdColumnWriter column(writer_->Begin(field_, SectionKind::kKeywordIds));
    std::vector<uint32_t> scratch;
    BINSEEK_RETURN_IF_ERROR(input_->ForEachLive([&](size_t i, DocId doc, DocId mapped) {
      if (const codec::OrdColumn* from = input_->segment(i).KeywordIds(field_)) {
        const auto ids = from->Ords(doc, &scratch);
        column.Add(mapped, ids);
        *doc_count += ids.empty() ? 0 : 1;
      }
      return Status::Ok();
    }));
    column.Finish(input_->docs());
    return Status::Ok();
  }

  Status MergeOrds(uint32_t* doc_count) {
    codec::OrdColumnWriter column(writer_->Begin(field_, SectionKind::kKeywords));
    std::vector<Source*> by_segment(input_->size(), nullptr);
    for (Source& source : sources_) {
      by_segment[source.segment] = &source;
    }
    std::vector<uint32_t> scratch;
    std::vector<uint32_t> ords;
    BINSEEK_RETURN_IF_ERROR(input_->ForEachLive([&](size_t i, DocId doc, DocId mapped) {
      const codec::OrdColumn* from = input_->segment(i).AnyKeywords(field_);
      if (from == nullptr) {
        return Status::Ok();
      }
      const std::vector<uint32_t>& new_ords = NewOrds(*by_segment[i]);
      ords.clear();
      for (const uint32_t ord : from->Ords(doc, &scratch)) {
        ords.push_back(ord < new_ords.size() ? new_ords[ord] : kNoOrd);
      }
      // New ordinals ascend as the old ones do, where both are in order; ids are in no order.
      if (by_segment[i]->has_ids) {
        std::sort(ords.begin(), ords.end());
      }
      if ((!ords.empty() && ords.back() == kNoOrd) ||
          std::adjacent_find(ords.begin(), ords.end(), std::greater_equal<>()) != ords.end()) {
        return Corrupt(*by_segment[i], "a document has a value whose postings lack it");
      }
      column.Add(mapped, ords);
      *doc_count += ords.empty() ? 0 : 1;
      return Status::Ok();
    }));
    column.Finish(input_->docs());
    return Status::Ok();
  }

  const FieldId field_;
  const KeywordView* const keywords_;
  MergeInput* const input_;
  codec::SegmentWriter* const writer_;
  codec::PostingsShape shape_;
  bool has_norms_ = false;
  bool keeps_ids_ = false;
  bool gets_ords_ = false;
  // Where some of its ids become ordinals. An id means the same in all sources, so the table is needed once.
  std::shared_ptr<const KeywordRanks> ranks_;
  std::vector<uint32_t> new_ords_of_ids_;
  std::vector<uint8_t> norms_;  // of the result
  std::vector<Source> sources_;
  std::optional<codec::PostingsWriter> postings_;
  std::optional<codec::BlockTermDictionaryWriter> dictionary_;
  std::string term_;    // at hand
  bool begun_ = false;  // it has a live document
  uint64_t copied_ = 0;
};

}  // namespace

uint64_t BytesForIds(const KeywordViews* keywords,
                     const std::vector<std::shared_ptr<const SegmentView>>& segments) {
  uint64_t most = 0;
  for (size_t k = 0; keywords != nullptr && k < keywords->fields.size(); ++k) {
    const KeywordView& view = keywords->fields[k];
    bool ids = false;
    bool ords = view.closed;
    for (const auto& segment : segments) {
      ids = ids || segment->segment().KeywordIds(view.field) != nullptr;
      ords = ords || segment->segment().Keywords(view.field) != nullptr;
    }
    if (ids && ords) {
      most = std::max<uint64_t>(most, uint64_t{view.size} * sizeof(uint32_t));
    }
  }
  return most;
}

Status MergeTerms(FieldId field, const KeywordView* keywords, MergeInput* input,
                  codec::SegmentWriter* writer) {
  return TermMerger(field, keywords, input, writer).Run();
}

}  // namespace binseek::index
