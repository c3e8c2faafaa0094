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
    const codec::FieldTerms* const terms = segment->segment().Terms(mapping::kSourceTableField);
    codec::TermInfo info;
    const bool found = terms != nullptr && terms->dictionary().Find(source_table, &info, nullptr);
    if (terms != nullptr && terms->dictionary().corrupt()) {
      return Damaged(*segment);
    }
    if (!found) {
      continue;
    }
    codec::BlockPostings postings = terms->Postings(info);
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

}  // namespace binseek::index
