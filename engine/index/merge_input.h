// MergeInput: what a merge reads, and where its documents go; shared by the parts of a merge (segment_merger.cc, term_merger.cc).
//
// Single-threaded. Borrows the segments.
#ifndef BINSEEK_ENGINE_INDEX_MERGE_INPUT_H_
#define BINSEEK_ENGINE_INDEX_MERGE_INPUT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/status.h"
#include "engine/index/keyword_table.h"
#include "engine/index/segment_view.h"
#include "engine/index/sort_values.h"
#include "engine/mapping/index_sort.h"

namespace binseek::index {

class MergeInput {
 public:
  MergeInput(const std::vector<std::shared_ptr<const SegmentView>>& segments,
             const std::function<Status()>& check)
      : segments_(segments), check_(check) {
    for (const auto& segment : segments) {
      std::vector<DocId> map(segment->max_doc(), codec::kNoMoreDocs);
      for (DocId doc = 0; doc < segment->max_doc(); ++doc) {
        if (segment->IsLive(doc)) {
          map[doc] = docs_++;
        }
      }
      doc_maps_.push_back(std::move(map));
    }
  }
  // Interleaves the segments' documents. Once, before anything is read. kAborted and the like from the check.
  // `keywords`: see OrderBySort.
  [[nodiscard]] Status Sort(const mapping::IndexSort& sort, const KeywordViews* keywords) {
    BINSEEK_RETURN_IF_ERROR(OrderBySort(
        segments_, sort, keywords, [this](uint32_t steps) { return Pace(steps); }, &sources_));
    std::vector<DocId> next(size(), 0);
    for (DocId mapped = 0; mapped < docs_; ++mapped) {
      doc_maps_[sources_[mapped]][NextLiving(sources_[mapped], &next)] = mapped;
    }
    return Status::Ok();
  }
  ~MergeInput() = default;
  MergeInput(const MergeInput&) = delete;
  MergeInput& operator=(const MergeInput&) = delete;

  size_t size() const { return segments_.size(); }
  const SegmentView& view(size_t i) const { return *segments_[i]; }
  const codec::Segment& segment(size_t i) const { return segments_[i]->segment(); }
  uint32_t docs() const { return docs_; }  // of the result
  // Documents of several segments stand between each other; those of each ascend all the same.
  bool interleaved() const { return !sources_.empty(); }
  const std::vector<DocId>& doc_map(size_t i) const { return doc_maps_[i]; }
  std::vector<std::vector<DocId>> TakeDocMaps() { return std::move(doc_maps_); }

  // Calls visit(segment, document, its place in the result) -> Status for all that live, in the order of the result, until one is not Ok.
  template <class Visit>
  Status ForEachLive(Visit visit) {
    if (interleaved()) {
      std::vector<DocId> next(size(), 0);
      for (DocId mapped = 0; mapped < docs_; ++mapped) {
        const size_t i = sources_[mapped];
        BINSEEK_RETURN_IF_ERROR(visit(i, NextLiving(i, &next), mapped));
        BINSEEK_RETURN_IF_ERROR(Pace(1));
      }
      return Status::Ok();
    }
    for (size_t i = 0; i < size(); ++i) {
      for (DocId doc = 0; doc < doc_maps_[i].size(); ++doc) {
        if (doc_maps_[i][doc] != codec::kNoMoreDocs) {
          BINSEEK_RETURN_IF_ERROR(visit(i, doc, doc_maps_[i][doc]));
          BINSEEK_RETURN_IF_ERROR(Pace(1));
        }
      }
    }
    return Status::Ok();
  }

  // So much was done: shall the merge go on?
  Status Pace(uint32_t steps) {
    constexpr uint32_t kStepsPerCheck = 4096;
    done_ += steps;
    if (done_ < kStepsPerCheck || !check_) {
      return Status::Ok();
    }
    done_ = 0;
    return check_();
  }

 private:
  DocId NextLiving(size_t i, std::vector<DocId>* next) const {
    DocId& doc = (*next)[i];
    while (doc_maps_[i][doc] == codec::kNoMoreDocs) {
      ++doc;
    }
    return doc++;
  }

  const std::vector<std::shared_ptr<const SegmentView>>& segments_;
  const std::function<Status()>& check_;
  std::vector<std::vector<DocId>> doc_maps_;
  std::vector<uint16_t> sources_;  // by document of the result; empty: segment after segment
  uint32_t docs_ = 0;
  uint32_t done_ = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MERGE_INPUT_H_
