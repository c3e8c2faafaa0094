#include "engine/search/term_keys.h"

#include <algorithm>
#include <utility>

#include "engine/base/json.h"
#include "engine/search/number_values.h"
#include "engine/search/terms_aggregator.h"

namespace binseek::search {

Result<std::unique_ptr<TermKeys>> TermKeys::Make(const ValuesSource& source,
                                                 AggregationContext* context) {
  std::unique_ptr<TermKeys> keys(new TermKeys(context));
  BINSEEK_ASSIGN_OR_RETURN(
      keys->form_, ValueForm::Resolve(context->indices, source.field, ValueForm::Moments::kMillis));
  keys->form_.Assume(source.value_type);
  if (keys->form_.is_number()) {
    BINSEEK_ASSIGN_OR_RETURN(keys->format_, FormatFor(keys->form_, source));
  }
  if (source.missing) {
    BINSEEK_ASSIGN_OR_RETURN(keys->missing_,
                             keys->is_number()
                                 ? MissingNumber(keys->form_, source, context->bind.now_micros)
                                 : keys->KeyOf(*source.missing));
  }
  return keys;
}

Status TermKeys::OpenSegment(size_t index, const index::SegmentView& segment) {
  numbers_.reset();
  const std::optional<FieldRef>& ref = form_.ref(index);
  if (ref && !ref->has_terms()) {
    field_ = ref->field;
    numbers_ = std::make_unique<NumberReader>(segment, ref->field->id);
    return Status::Ok();
  }
  auto next = ref ? std::make_unique<OrdReader>(segment, *ref) : nullptr;
  if (ords_ != nullptr) {
    BINSEEK_RETURN_IF_ERROR(ords_->status());
  }
  const bool goes_on = next != nullptr && ords_ != nullptr && next->by_ids() && ords_->by_ids() &&
                       next->keywords() == ords_->keywords();
  if (!goes_on && next != nullptr) {
    const size_t range = next->range().end - next->range().begin;
    BINSEEK_RETURN_IF_ERROR(context_->Reserve(range, &key_of_ord_));
    key_of_ord_.assign(range, kUnknown);
  }
  ords_ = std::move(next);
  return Status::Ok();
}

void TermKeys::Open(DocId first, size_t wanted) {
  if (numbers_ != nullptr) {
    numbers_->Open(first, wanted);
  }
  if (ords_ != nullptr) {
    ords_->Open(first, wanted);
  }
}

Status TermKeys::Read(uint32_t offset, std::vector<int64_t>* keys) {
  keys->clear();
  Status status;
  if (numbers_ != nullptr) {
    numbers_->ForEach(offset, [&](int64_t value) {
      const int64_t common = form_.Common(*field_, value);
      if (keys->empty() || keys->back() != common) {  // they ascend
        keys->push_back(common);
      }
    });
  } else if (ords_ != nullptr) {
    ords_->ForEach(offset, [&](uint32_t ord) {
      uint32_t& key = key_of_ord_[ord - ords_->range().begin];
      if (key == kUnknown && status.PeekOk()) {
        status = ords_->Text(ord, &text_);
        if (status.PeekOk()) {
          Result<int64_t> interned = Intern(text_);
          key = interned.ok() ? static_cast<uint32_t>(*interned) : kUnknown;
          status = std::move(interned).status();
        }
      }
      keys->push_back(key);
    });
  }
  if (keys->empty() && missing_) {
    keys->push_back(*missing_);
  }
  return status;
}

Result<int64_t> TermKeys::Intern(const std::string& text) {
  const auto [it, is_new] = keys_.try_emplace(text, static_cast<uint32_t>(texts_.size()));
  if (is_new) {
    BINSEEK_RETURN_IF_ERROR(
        context_->AddBytes(sizeof(std::string) + 5 * sizeof(void*) + text.size()));
    BINSEEK_RETURN_IF_ERROR(context_->Append(&it->first, &texts_));
  }
  return static_cast<int64_t>(it->second);
}

Result<int64_t> TermKeys::KeyOf(const std::string& text) {
  if (is_number()) {
    return form_.Parse(text);
  }
  BINSEEK_ASSIGN_OR_RETURN(const std::string term, form_.TermOf(text));
  return Intern(term);
}

int TermKeys::Compare(int64_t a, int64_t b) const {
  if (is_number()) {
    return a < b ? -1 : (b < a ? 1 : 0);
  }
  return a == b ? 0 : Text(a).compare(Text(b));
}

void TermKeys::AppendJson(int64_t key, std::string* out) const {
  is_number() ? form_.AppendJson(key, out) : void(JsonWriter(out).String(form_.TextOf(Text(key))));
}

void TermKeys::Show(int64_t key, AggregationBucket* out) const {
  AppendJson(key, &out->key_json);
  if (!is_number()) {
    out->key_text = form_.TextOf(Text(key));
    return;
  }
  out->key_text = out->key_json;
  out->key_number = form_.ToDouble(key);
  if (format_ != nullptr) {
    out->key_as_string = format_->Text(*out->key_number);
  }
}

std::string TermsTypeName(const ValueForm& form) {
  return form.is_number() ? NumberTermsName(form) : "sterms";
}

}  // namespace binseek::search
