#include "engine/index/segment_view.h"

#include <algorithm>
#include <utility>

namespace binseek::index {
namespace {

template <class C>
auto LowerBound(C& columns, mapping::FieldId field) {
  return std::lower_bound(
      columns.begin(), columns.end(), field,
      [](const auto& column, mapping::FieldId wanted) { return column.first < wanted; });
}

}  // namespace

SegmentCore::~SegmentCore() {
  if (newest_live_) {
    newest_live_->FreeAll(pool_.get());
  }
  if (newest_system_) {
    newest_system_->FreeAll(pool_.get());
  }
  for (auto& [field, column] : newest_columns_) {
    column.FreeAll(pool_.get());
  }
}

SegmentView::SegmentView(uint64_t id, bool on_disk, std::shared_ptr<const codec::Segment> segment,
                         std::shared_ptr<PagePool> pool)
    : core_(std::make_shared<SegmentCore>(id, on_disk, std::move(segment), std::move(pool))),
      live_(max_doc()),
      system_({.version = core_->segment_->Numbers(mapping::kVersionField),
               .seq_no = core_->segment_->Numbers(mapping::kSeqNoField),
               .row_hash = core_->segment_->Numbers(mapping::kRowHashField)},
              max_doc()) {
  for (const mapping::FieldId field : this->segment().NumberFields()) {
    if (mapping::HasColumn(field)) {
      columns_.emplace_back(field, NumberPages(this->segment().Numbers(field), max_doc()));
    }
  }
}

size_t SegmentView::page_bytes() const {
  size_t bytes = size_t{system_.written_pages()} * SystemPages::kPageBytes;
  for (const auto& [field, column] : columns_) {
    constexpr uint32_t kUsualWidth = 4;
    bytes += column.written_pages() * NumberPage::Bytes(column.docs_per_page(), kUsualWidth);
  }
  return bytes;
}

const NumberPages* SegmentView::Column(mapping::FieldId field) const {
  const auto it = LowerBound(columns_, field);
  return it == columns_.end() || it->first != field ? nullptr : &it->second;
}

NumberPages* SegmentView::MutableColumn(mapping::FieldId field) {
  auto it = LowerBound(columns_, field);
  if (it == columns_.end() || it->first != field) {
    it = columns_.insert(it, {field, NumberPages(nullptr, max_doc())});
  }
  return &it->second;
}

void SegmentView::KeepAsNewest() const {
  core_->newest_live_ = live_;
  core_->newest_system_ = system_;
  core_->newest_columns_ = columns_;
}

}  // namespace binseek::index
