#include "engine/index/system_keywords.h"

#include <cstdint>
#include <utility>

#include "engine/codec/segment.h"
#include "engine/index/segment_file.h"

namespace binseek::index {
namespace {

Status Damaged(const SegmentView& segment) {
  return Status::Corruption(SegmentFile(segment.id()) +
                            ": the terms of a system field are not as they were written");
}

// Whether the segment has documents of the table, and then which; live or not.
Result<bool> FindTable(const SegmentView& segment, std::string_view source_table,
                       codec::BlockPostings* postings) {
  const codec::FieldTerms* const terms = segment.segment().Terms(mapping::kSourceTableField);
  codec::TermInfo info;
  const bool found = terms != nullptr && terms->dictionary().Find(source_table, &info, nullptr);
  if (terms != nullptr && terms->dictionary().corrupt()) {
    return Damaged(segment);
  }
  if (found) {
    *postings = terms->Postings(info);
  }
  return found;
}

}  // namespace

Status ReadSystemKeywords(const SegmentView& segment, DocId doc, mapping::FieldId field,
                          std::vector<std::string>* values) {
  values->clear();
  const codec::FieldTerms* const terms = segment.segment().Terms(field);
  const codec::OrdColumn* const column = segment.segment().Keywords(field);
  if (terms == nullptr || column == nullptr) {
    return Status::Ok();
  }
  std::vector<uint32_t> scratch;
  for (const uint32_t ord : column->Ords(doc, &scratch)) {
    std::string value;
    if (!terms->dictionary().Term(ord, &value)) {
      return Damaged(segment);
    }
    values->push_back(std::move(value));
  }
  return Status::Ok();
}

Status VisitKeysOfTable(const IndexView& index, std::string_view source_table,
                        const std::function<void(std::string_view)>& visit) {
  for (const auto& segment : index.segments) {
    codec::BlockPostings postings;
    BINSEEK_ASSIGN_OR_RETURN(const bool found, FindTable(*segment, source_table, &postings));
    if (!found) {
      continue;
    }
    for (DocId doc = postings.Next(); doc != codec::kNoMoreDocs; doc = postings.Next()) {
      if (segment->IsLive(doc)) {
        visit(segment->segment().Key(doc));
      }
    }
    if (!postings.status().ok()) {
      return postings.status().WithContext(SegmentFile(segment->id()));
    }
  }
  return Status::Ok();
}

TableKeys::TableKeys(std::shared_ptr<const EngineView> view, IndexId index,
                     std::string source_table, int64_t below_version)
    : view_(std::move(view)),
      index_(view_->Find(index)),
      source_table_(std::move(source_table)),
      below_version_(below_version) {}

Result<bool> TableKeys::NextSegment() {
  segment_ = nullptr;
  while (index_ != nullptr && next_segment_ < index_->segments.size()) {
    const SegmentView& segment = *index_->segments[next_segment_++];
    BINSEEK_ASSIGN_OR_RETURN(const bool found, FindTable(segment, source_table_, &postings_));
    if (found) {
      segment_ = &segment;
      return true;
    }
  }
  return false;
}

Result<std::vector<std::string>> TableKeys::Next(size_t most) {
  std::vector<std::string> keys;
  while (keys.size() < most) {
    if (segment_ == nullptr) {
      BINSEEK_ASSIGN_OR_RETURN(const bool found, NextSegment());
      if (!found) {
        break;
      }
    }
    const DocId doc = postings_.Next();
    if (!postings_.status().ok()) {
      return postings_.status().WithContext(SegmentFile(segment_->id()));
    }
    if (doc == codec::kNoMoreDocs) {
      segment_ = nullptr;
    } else if (segment_->IsLive(doc) &&
               segment_->system().Version(doc).value_or(0) < below_version_) {
      keys.emplace_back(segment_->segment().Key(doc));
    }
  }
  return keys;
}

}  // namespace binseek::index
