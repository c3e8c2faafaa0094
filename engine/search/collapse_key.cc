#include "engine/search/collapse_key.h"

#include <utility>

#include "engine/base/json.h"

namespace binseek::search {
namespace {

constexpr int64_t kNoValue = -1;

Status CannotGroup(const std::string& field) {
  return Status::InvalidArgument("unknown type for collapse field `" + field +
                                 "`, only keywords and numbers are accepted");
}

// Elasticsearch takes addresses, dates and booleans for neither, though they have values of that form.
bool IsKeywordOrNumber(const mapping::Field& field) {
  return field.kind != mapping::FieldKind::kIp && field.kind != mapping::FieldKind::kBoolean &&
         !field.is_date();
}

}  // namespace

Result<std::unique_ptr<CollapseKey>> CollapseKey::Make(
    std::span<const index::IndexView* const> indices, const std::string& field) {
  Result<ValueForm> form = ValueForm::Resolve(indices, field, ValueForm::Moments::kAsKept);
  if (!form.ok()) {
    return form.status().code() == StatusCode::kInvalidArgument ? CannotGroup(field)
                                                                : form.status();
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!form->ref(i)) {
      return Status::InvalidArgument("no mapping found for `" + field +
                                     "` in order to collapse on");
    }
    if (!IsKeywordOrNumber(*form->ref(i)->field)) {
      return CannotGroup(field);
    }
  }
  return std::unique_ptr<CollapseKey>(new CollapseKey(field, *std::move(form)));
}

void CollapseKey::OpenSegment(size_t index, const index::SegmentView& segment) {
  if (ords_ != nullptr && status_.PeekOk()) {
    status_ = ords_->status();
  }
  of_ord_.clear();
  numbers_.reset();
  ords_.reset();
  const FieldRef& ref = *form_.ref(index);
  segment_field_ = ref.field;
  if (form_.is_number()) {
    numbers_ = std::make_unique<NumberReader>(segment, ref.field->id);
  } else {
    ords_ = std::make_unique<OrdReader>(segment, ref);
  }
}

void CollapseKey::OpenWindow(DocId first, size_t wanted) {
  if (numbers_ != nullptr) {
    numbers_->Open(first, wanted);
  } else {
    ords_->Open(first, wanted);
  }
}

void CollapseKey::RefuseSeveral() {
  if (status_.PeekOk()) {
    status_ = Status::InvalidArgument("failed to collapse, the collapse field [" + field_ +
                                      "] must be single valued");
  }
}

int64_t CollapseKey::GroupOfNumber(int64_t number) {
  const auto [it, added] = of_number_.emplace(form_.Common(*segment_field_, number), next_group_);
  if (added) {
    values_.emplace(next_group_++, it->first);
  }
  return it->second;
}

int64_t CollapseKey::GroupOfOrd(uint32_t ord) {
  const auto [it, added] = of_ord_.emplace(ord, kNoValue);
  if (!added) {
    return it->second;
  }
  std::string text;
  if (Status read = ords_->Text(ord, &text); !read.ok()) {
    status_ = std::move(read);
    return kNoValue;
  }
  const auto [group, is_new] = of_text_.emplace(std::move(text), next_group_);
  if (is_new) {
    texts_.emplace(next_group_++, &group->first);
  }
  return it->second = group->second;
}

int64_t CollapseKey::GroupOf(uint32_t offset) {
  int64_t group = kNoValue;
  uint32_t count = 0;
  if (numbers_ != nullptr) {
    numbers_->ForEach(offset, [&](int64_t number) {
      group = GroupOfNumber(number);
      ++count;
    });
  } else {
    ords_->ForEach(offset, [&](uint32_t ord) {
      group = GroupOfOrd(ord);
      ++count;
    });
  }
  if (count > 1) {
    RefuseSeveral();
  }
  return group;
}

void CollapseKey::KeepGroups(const std::function<bool(int64_t group)>& keeps) {
  const auto is_gone = [&](const auto& entry) { return !keeps(entry.second); };
  std::erase_if(of_ord_, is_gone);
  std::erase_if(texts_, [&](const auto& entry) { return !keeps(entry.first); });
  std::erase_if(of_text_, is_gone);
  std::erase_if(values_, [&](const auto& entry) { return !keeps(entry.first); });
  std::erase_if(of_number_, is_gone);
}

std::string CollapseKey::ValueOf(int64_t group) const {
  std::string out;
  if (group == kNoValue) {
    out = "null";
  } else if (form_.is_number()) {
    form_.AppendJson(values_.at(group), &out);
  } else {
    JsonWriter(&out).String(*texts_.at(group));
  }
  return out;
}

}  // namespace binseek::search
