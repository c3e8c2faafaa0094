#include "engine/index/sort_values.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"
#include "engine/codec/term_dictionary_reader.h"

namespace binseek::index {
namespace {

using codec::BlockTermDictionary;
using mapping::SortValue;

using RanksBySegment = std::vector<std::shared_ptr<const std::vector<uint32_t>>>;

std::shared_ptr<const KeywordRanks> CodesOf(const KeywordViews* keywords, mapping::FieldId field) {
  const KeywordView* const view = keywords == nullptr ? nullptr : keywords->Find(field);
  return view == nullptr ? nullptr : view->table->Ranks(view->size);
}

// For each segment, by ordinal or by id, the rank of a term of the field among those of all segments.
class TermRanker {
 public:
  // `codes`, which may be null, knows the ids.
  TermRanker(const std::vector<std::shared_ptr<const SegmentView>>& segments,
             mapping::FieldId field, const KeywordRanks* codes)
      : codes_(codes), ranks_(segments.size()) {
    for (size_t i = 0; i < segments.size(); ++i) {
      const codec::Segment& segment = segments[i]->segment();
      if (const codec::FieldTerms* terms = segment.Terms(field)) {
        const bool has_ids = segment.KeywordIds(field) != nullptr;
        sources_.push_back(
            {BlockTermDictionary::Cursor(terms->dictionary()),
             has_ids ? RanksOfIds() : std::make_shared<std::vector<uint32_t>>(terms->size(), 0),
             has_ids});
        ranks_[i] = sources_.back().ranks;
      }
    }
  }

  Result<RanksBySegment> Run(const std::function<Status(uint32_t)>& pace) {
    std::vector<size_t> heap;
    const auto later = [this](size_t a, size_t b) {
      return sources_[a].cursor.term() > sources_[b].cursor.term();
    };
    for (size_t at = 0; at < sources_.size(); ++at) {
      if (sources_[at].cursor.Next()) {
        heap.push_back(at);
        std::push_heap(heap.begin(), heap.end(), later);
      }
    }
    std::string term;
    for (uint32_t rank = 0; !heap.empty(); ++rank) {
      term.assign(sources_[heap.front()].cursor.term());
      std::optional<uint32_t> id;
      while (!heap.empty() && sources_[heap.front()].cursor.term() == term) {
        std::pop_heap(heap.begin(), heap.end(), later);
        Source& source = sources_[heap.back()];
        if (source.has_ids && !id) {
          BINSEEK_ASSIGN_OR_RETURN(id, IdOf(term));
        }
        (*source.ranks)[source.has_ids ? *id : source.cursor.ord()] = rank;
        if (source.cursor.Next()) {
          std::push_heap(heap.begin(), heap.end(), later);
        } else {
          heap.pop_back();
        }
      }
      BINSEEK_RETURN_IF_ERROR(pace(1));
    }
    return std::move(ranks_);
  }

 private:
  struct Source {
    BlockTermDictionary::Cursor cursor;
    std::shared_ptr<std::vector<uint32_t>> ranks;
    bool has_ids = false;
  };

  // Ids mean the same in all segments.
  std::shared_ptr<std::vector<uint32_t>> RanksOfIds() {
    if (ranks_of_ids_ == nullptr) {
      ranks_of_ids_ =
          std::make_shared<std::vector<uint32_t>>(codes_ == nullptr ? 0 : codes_->size(), 0);
    }
    return ranks_of_ids_;
  }
  Result<std::optional<uint32_t>> IdOf(const std::string& term) const {
    const std::optional<uint32_t> id = codes_ == nullptr ? std::nullopt : codes_->IdOf(term);
    if (!id) {
      return Status::Corruption("a value of a field that the index is sorted by has no id");
    }
    return id;
  }

  const KeywordRanks* const codes_;
  std::vector<Source> sources_;
  std::shared_ptr<std::vector<uint32_t>> ranks_of_ids_;
  RanksBySegment ranks_;
};

// Makes the places under key `k` comparable over all segments. `values`: of each segment.
Status OrderKeywords(const std::vector<std::shared_ptr<const SegmentView>>& segments,
                     mapping::FieldId field, size_t k, const KeywordViews* keywords,
                     const std::function<Status(uint32_t)>& pace, std::vector<SortValues>* values) {
  bool ords = false;
  bool ids = false;
  for (const auto& segment : segments) {
    ords = ords || segment->segment().Keywords(field) != nullptr;
    ids = ids || segment->segment().KeywordIds(field) != nullptr;
  }
  const auto codes = ids ? CodesOf(keywords, field) : nullptr;
  if (ids && codes == nullptr) {
    return Status::Corruption("a segment has ids of keyword values that are not there");
  }
  if (ords) {
    BINSEEK_ASSIGN_OR_RETURN(RanksBySegment ranks,
                             TermRanker(segments, field, codes.get()).Run(pace));
    for (size_t i = 0; i < segments.size(); ++i) {
      (*values)[i].SetRanks(k, std::move(ranks[i]));
    }
  } else if (ids) {
    for (SortValues& value : *values) {
      value.SetCodes(k, codes);
    }
  }
  return Status::Ok();
}

// One segment on its way through a merge: the next block of it that has a living document.
class Blocks {
 public:
  Blocks(const SegmentView* view, SortValues values) : view_(view), values_(std::move(values)) {}

  // False at the end.
  bool Next() {
    living_ = 0;
    while (living_ == 0 && next_ < view_->max_doc()) {
      DocId doc = next_;
      for (bool root = false; !root && doc < view_->max_doc(); ++doc) {
        living_ += view_->IsLive(doc) ? 1 : 0;
        root = view_->segment().IsRoot(doc);
      }
      next_ = doc;
    }
    if (living_ > 0) {
      values_.Read(next_ - 1, &value_);
    }
    return living_ > 0;
  }
  uint32_t living() const { return living_; }
  const std::vector<SortValue>& value() const { return value_; }

 private:
  const SegmentView* view_;
  SortValues values_;
  DocId next_ = 0;  // behind the block at hand
  uint32_t living_ = 0;
  std::vector<SortValue> value_;
};

Status MergeBlocks(std::vector<Blocks> from, const std::function<Status(uint32_t)>& pace,
                   std::vector<uint16_t>* sources) {
  const auto later = [&from](size_t a, size_t b) {
    const int order = mapping::CompareSortValues(from[a].value(), from[b].value());
    return order != 0 ? order > 0 : a > b;
  };
  std::vector<size_t> heap;
  for (size_t i = 0; i < from.size(); ++i) {
    if (from[i].Next()) {
      heap.push_back(i);
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    const size_t least = heap.back();
    heap.pop_back();
    // As long as it stays the least, the others need not be moved.
    bool more = true;
    do {
      const uint32_t living = from[least].living();
      sources->insert(sources->end(), living, static_cast<uint16_t>(least));
      BINSEEK_RETURN_IF_ERROR(pace(living));
      more = from[least].Next();
    } while (more && (heap.empty() || later(heap.front(), least)));
    if (more) {
      heap.push_back(least);
      std::push_heap(heap.begin(), heap.end(), later);
    }
  }
  return Status::Ok();
}

}  // namespace

std::optional<int64_t> SortValues::ValueOf(size_t k, DocId doc) {
  const mapping::IndexSortKey& key = sort_->keys[k];
  if (const codec::PackedColumn* numbers = segment_->Numbers(key.field)) {
    const std::span<const int64_t> all = numbers->GetAll(doc, &numbers_);
    return all.empty() ? std::nullopt
                       : std::optional<int64_t>(key.greatest ? all.back() : all.front());
  }
  std::optional<int64_t> best;
  if (const codec::OrdColumn* keywords = segment_->AnyKeywords(key.field)) {
    for (const uint32_t number : keywords->Ords(doc, &ords_)) {  // ids are in no order
      const int64_t place = keywords_[k].Place(number);
      if (!best || (key.greatest ? place > *best : place < *best)) {
        best = place;
      }
    }
  }
  return best;
}

void SortValues::Read(DocId doc, std::vector<SortValue>* out) {
  out->clear();
  for (size_t k = 0; k < sort_->keys.size(); ++k) {
    out->push_back(MakeSortValue(sort_->keys[k], ValueOf(k, doc)));
  }
}

Status OrderBySort(const std::vector<std::shared_ptr<const SegmentView>>& segments,
                   const mapping::IndexSort& sort, const KeywordViews* keywords,
                   const std::function<Status(uint32_t)>& pace, std::vector<uint16_t>* sources) {
  if (segments.size() > std::numeric_limits<uint16_t>::max()) {
    return Status::ResourceExhausted("more segments than a merge can order");
  }
  std::vector<SortValues> values;
  size_t docs = 0;
  for (const auto& segment : segments) {
    values.emplace_back(&segment->segment(), &sort);
    docs += segment->live_count();
  }
  for (size_t k = 0; k < sort.keys.size(); ++k) {
    BINSEEK_RETURN_IF_ERROR(
        OrderKeywords(segments, sort.keys[k].field, k, keywords, pace, &values));
  }
  std::vector<Blocks> from;
  for (size_t i = 0; i < segments.size(); ++i) {
    from.emplace_back(segments[i].get(), std::move(values[i]));
  }
  sources->reserve(docs);
  return MergeBlocks(std::move(from), pace, sources);
}

void CheckSortOrder(const codec::Segment& segment, const mapping::IndexSort& sort,
                    const KeywordViews* keywords, const std::string& file,
                    std::vector<std::string>* problems) {
  if (sort.empty()) {
    return;
  }
  SortValues values(&segment, &sort);
  for (size_t k = 0; k < sort.keys.size(); ++k) {
    if (segment.KeywordIds(sort.keys[k].field) != nullptr) {
      auto codes = CodesOf(keywords, sort.keys[k].field);
      if (codes == nullptr) {
        return;
      }
      values.SetCodes(k, std::move(codes));
    }
  }
  std::vector<SortValue> before;
  std::vector<SortValue> value;
  for (DocId doc = 0; doc < segment.max_doc(); ++doc) {
    if (!segment.IsRoot(doc)) {
      continue;
    }
    values.Read(doc, &value);
    if (!before.empty() && mapping::CompareSortValues(value, before) < 0) {
      problems->push_back(file + ": document " + std::to_string(doc) +
                          ": not in the order of the index sort");
      return;  // what comes behind it would say the same
    }
    std::swap(before, value);
  }
}

}  // namespace binseek::index
