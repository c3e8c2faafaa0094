#include "engine/search/field_values.h"

#include <algorithm>

#include "engine/mapping/number.h"

namespace binseek::search {

const int64_t* NumberReader::All(std::span<const uint32_t> offsets) {
  if (column_ == nullptr || column_->multi_valued()) {
    return nullptr;
  }
  Gathered& all = gathered_;
  if (!all.any || all.first != first_ ||
      !std::equal(offsets.begin(), offsets.end(), all.offsets.begin(), all.offsets.end())) {
    all.any = true;
    all.first = first_;
    all.offsets.assign(offsets.begin(), offsets.end());
    all.values.resize(offsets.size());
    all.doubles.clear();
    all.complete = true;
    for (size_t i = 0; i < offsets.size(); ++i) {
      bool has = false;
      if (bulk_) {
        all.values[i] = values_[offsets[i]];
        has = (present_[offsets[i] / 64] >> (offsets[i] % 64) & 1) != 0;
      } else {
        has = column_->Get(first_ + offsets[i], &all.values[i]);
      }
      all.complete = all.complete && has;
    }
  }
  return all.complete ? all.values.data() : nullptr;
}

const double* NumberReader::AllAsDoubles(const mapping::Field& field,
                                         std::span<const uint32_t> offsets) {
  const int64_t* const values = All(offsets);
  if (values == nullptr) {
    return nullptr;
  }
  if (gathered_.doubles.empty()) {
    gathered_.doubles.resize(offsets.size());
    std::transform(values, values + offsets.size(), gathered_.doubles.begin(),
                   [&field](int64_t value) { return mapping::ToDouble(field, value); });
  }
  return gathered_.doubles.data();
}

OrdReader::OrdReader(const index::SegmentView& segment, FieldRef ref)
    : ref_(std::move(ref)),
      terms_(ref_.constant != nullptr ? nullptr : segment.segment().Terms(ref_.field->id)),
      constant_(ref_.constant != nullptr),
      mixed_(ref_.is_flattened() && ref_.path.empty()) {
  if (constant_) {
    by_ids_ = true;
    range_ = {0, 1};
    has_values_ = true;
    bulk_ = true;
    ords_.fill(0);
    return;
  }
  const codec::OrdColumn* const ids = segment.segment().KeywordIds(ref_.field->id);
  const codec::OrdColumn* const ords =
      terms_ == nullptr ? nullptr : segment.segment().Keywords(ref_.field->id);
  by_ids_ = ref_.keywords != nullptr && (ids != nullptr || ords == nullptr);
  lacks_ids_ = ids != nullptr && ref_.keywords == nullptr;
  if (by_ids_) {
    range_ = {0, ref_.keywords->size};
  } else if (terms_ != nullptr) {
    range_ = OrdsOf(ref_, terms_->dictionary());
  }
  has_values_ = by_ids_ ? ids != nullptr : ords != nullptr;
  if (has_values_) {
    column_ = by_ids_ ? ids->Below(range_.end) : *ords;
    several_ = column_.multi_valued();
  }
}

Status OrdReader::status() const {
  if (lacks_ids_) {
    return Status::Corruption("a segment has ids of keyword values that are not there");
  }
  return terms_ == nullptr || by_ids_ ? Status::Ok() : CheckDictionary(terms_->dictionary());
}

Status OrdReader::Text(uint32_t ord, std::string* text) const {
  if (by_ids_) {
    text->assign(ref_.keywords->table->Value(ord));
    return Status::Ok();
  }
  if (!terms_->dictionary().Term(ord, text) || !text->starts_with(ref_.path)) {
    return Status::Corruption("a term dictionary of a segment is not as it was written");
  }
  text->erase(0, ref_.path.size());
  return Status::Ok();
}

std::vector<uint32_t> OrdReader::AllIds() const {
  if (constant_) {
    return {0};
  }
  std::vector<bool> seen(range_.end);
  std::vector<uint32_t> all;
  std::vector<uint32_t> scratch;
  for (DocId doc = 0; has_values_ && doc < column_.max_doc(); ++doc) {
    for (const uint32_t id : column_.Ords(doc, &scratch)) {
      if (!seen[id]) {
        seen[id] = true;
        all.push_back(id);
      }
    }
  }
  return all;
}

bool OrdReader::IsValue(uint32_t ord) {
  if (!mixed_) {
    return true;
  }
  if (leaves_.empty()) {
    leaves_.resize(terms_->size(), Leaf::kUnknown);
  }
  Leaf& leaf = leaves_[ord];
  if (leaf == Leaf::kUnknown) {
    std::string term;
    leaf = terms_->dictionary().Term(ord, &term) && IsValueTerm(ref_, term) ? Leaf::kValue
                                                                            : Leaf::kWithPath;
  }
  return leaf == Leaf::kValue;
}

void OrdReader::Open(DocId first, size_t wanted) {
  first_ = first;
  if (constant_) {
    return;
  }
  bulk_ = has_values_ && wanted >= kBulk;
  if (bulk_ && !several_) {
    column_.Read(first, std::min(column_.max_doc() - first, Window::kDocs), ords_.data());
  }
}

std::span<const int64_t> OrdReader::Several(DocId doc) {
  if (!bulk_) {
    return column_.numbers().GetAll(doc, &scratch_);
  }
  if (doc / codec::kBlock256 != block_) {
    block_ = doc / codec::kBlock256;
    column_.numbers().ReadLists(block_, &lists_);
  }
  const uint32_t i = doc % codec::kBlock256;
  return std::span<const int64_t>(lists_.values)
      .subspan(lists_.starts[i], lists_.starts[i + 1] - lists_.starts[i]);
}

}  // namespace binseek::search
