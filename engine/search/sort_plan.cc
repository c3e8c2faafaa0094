#include "engine/search/sort_plan.h"

#include <charconv>
#include <utility>

#include "engine/base/json.h"
#include "engine/mapping/number.h"

namespace binseek::search {
namespace {

template <class T>
int ThreeWay(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

Result<PlannedKey> PlanKey(std::span<const index::IndexView* const> indices, const SortKey& key) {
  PlannedKey planned;
  planned.key = key;
  if (key.kind != SortKey::Kind::kField) {
    return planned;
  }
  BINSEEK_ASSIGN_OR_RETURN(planned.form, ValueForm::Resolve(indices, key.field));
  for (size_t i = 0; i < indices.size(); ++i) {
    if (!planned.form.ref(i) && key.unmapped_type.empty()) {
      return Status::InvalidArgument("No mapping found for [" + key.field +
                                     "] in order to sort on");
    }
  }
  if (!key.missing_value.empty() && planned.form.is_number()) {
    BINSEEK_ASSIGN_OR_RETURN(planned.missing_number, planned.form.Parse(key.missing_value));
  } else if (!key.missing_value.empty() && planned.is_text()) {
    planned.missing_text = key.missing_value;
  }
  return planned;
}

}  // namespace

int64_t NumberOfScore(float score) {
  return mapping::SortableFromDouble(static_cast<double>(score));
}

Result<SortPlan> SortPlan::Make(std::span<const index::IndexView* const> indices,
                                const std::vector<SortKey>& keys) {
  SortPlan plan;
  for (const SortKey& key : keys) {
    BINSEEK_ASSIGN_OR_RETURN(PlannedKey planned, PlanKey(indices, key));
    plan.keys_.push_back(std::move(planned));
  }
  if (keys.empty()) {
    PlannedKey by_score;
    by_score.key.kind = SortKey::Kind::kScore;
    by_score.key.descending = true;
    plan.keys_.push_back(std::move(by_score));
  }
  const SortKey& first = plan.keys_[0].key;
  plan.by_score_ =
      plan.keys_.size() == 1 && first.kind == SortKey::Kind::kScore && first.descending;
  return plan;
}

bool SortPlan::has_score() const {
  for (const PlannedKey& planned : keys_) {
    if (planned.key.kind == SortKey::Kind::kScore) {
      return true;
    }
  }
  return false;
}

bool SortPlan::by_place() const {
  return keys_.size() == 1 && keys_[0].key.kind == SortKey::Kind::kDoc && !keys_[0].key.descending;
}

int SortPlan::Compare(size_t k, const SortCell& a, const SortCell& b) const {
  if (a.rank != b.rank || a.rank != 0) {
    return ThreeWay(a.rank, b.rank);
  }
  if (!keys_[k].is_text()) {
    return ThreeWay(a.number, b.number);
  }
  const int order = ThreeWay(a.text, b.text);
  return keys_[k].key.descending ? -order : order;
}

void SortPlan::AppendJson(size_t k, const SortCell& cell, std::string* out) const {
  const PlannedKey& planned = keys_[k];
  JsonWriter writer(out);
  if (cell.rank != 0) {
    writer.Null();
  } else if (planned.is_text() || planned.form.kind() == ValueForm::Kind::kNone) {
    if (planned.key.kind == SortKey::Kind::kScore) {
      writer.Float(static_cast<float>(mapping::DoubleFromSortable(planned.Fold(cell.number))));
    } else if (planned.key.kind == SortKey::Kind::kDoc) {
      writer.Int(planned.Fold(cell.number));
    } else {
      writer.String(cell.text);
    }
  } else {
    planned.form.AppendJson(planned.Fold(cell.number), out);
  }
}

Result<SortCell> SortPlan::ParseCell(const PlannedKey& planned,
                                     const std::optional<std::string>& value) const {
  SortCell cell;
  const bool is_field = planned.key.kind == SortKey::Kind::kField;
  if (!value || (*value == "null" && !planned.is_text())) {
    cell.rank = planned.missing_rank();
    return cell;
  }
  if (is_field && !planned.form.is_number()) {
    cell.text = *value;
    return cell;
  }
  Result<int64_t> number = int64_t{0};
  if (is_field) {
    number = planned.form.Parse(*value);
  } else {
    mapping::Field field;
    field.kind = planned.key.kind == SortKey::Kind::kScore ? mapping::FieldKind::kFloat
                                                           : mapping::FieldKind::kLong;
    number = mapping::ParseColumnValue(field, *value);
  }
  if (!number.ok()) {
    const std::string name = is_field
                                 ? planned.key.field
                                 : (planned.key.kind == SortKey::Kind::kScore ? "_score" : "_doc");
    return Status::InvalidArgument("Failed to parse search_after value for field [" + name + "].");
  }
  cell.number = planned.Fold(*number);
  return cell;
}

Result<Cursor> SortPlan::ParseSearchAfter(
    const std::vector<std::optional<std::string>>& values) const {
  if (values.size() != keys_.size()) {
    return Status::InvalidArgument("search_after has " + std::to_string(values.size()) +
                                   " value(s) but sort has " + std::to_string(keys_.size()) + ".");
  }
  Cursor cursor;
  cursor.position = UINT64_MAX;  // behind all that are equal
  for (size_t k = 0; k < keys_.size(); ++k) {
    BINSEEK_ASSIGN_OR_RETURN(SortCell cell, ParseCell(keys_[k], values[k]));
    cursor.cells.push_back(std::move(cell));
  }
  return cursor;
}

KeyReader::KeyReader(const PlannedKey* key, size_t index, const index::SegmentView& segment,
                     uint64_t place)
    : key_(key), place_(place) {
  if (key_->key.kind != SortKey::Kind::kField || !key_->form.ref(index)) {
    return;
  }
  const FieldRef& ref = *key_->form.ref(index);
  field_ = ref.field;
  if (key_->is_text()) {
    ords_ = std::make_unique<OrdReader>(segment, ref);
    path_ = ref.path;
    if (ords_->by_ids()) {
      ranks_ = ref.keywords->table->Ranks(ref.keywords->size);
    }
    missing_code_ = key_->missing_text ? CodeOf(*key_->missing_text) : 0;
  } else {
    column_ = std::make_unique<NumberReader>(segment, ref.field->id);
  }
}

void KeyReader::SetMissing(uint32_t offset) {
  if (key_->missing_number || key_->missing_text) {
    missing_[offset] = 0;
    numbers_[offset] = key_->missing_text ? missing_code_ : key_->Fold(*key_->missing_number);
    return;
  }
  missing_[offset] = key_->missing_rank();
  numbers_[offset] = 0;
}

void KeyReader::FillNumbers(DocId first, const Window& window) {
  column_->Open(first, window.CountMatches());
  const bool greatest = key_->greatest();
  ForEachBit(window.match, [&](uint32_t offset) {
    int64_t value = 0;
    if (column_->Get(offset, greatest, &value)) {
      missing_[offset] = 0;
      numbers_[offset] = key_->Fold(key_->form.Common(*field_, value));
    } else {
      SetMissing(offset);
    }
  });
}

void KeyReader::FillOrds(DocId first, const Window& window) {
  ords_->Open(first, window.CountMatches());
  const bool greatest = key_->greatest();
  ForEachBit(window.match, [&](uint32_t offset) {
    uint32_t ord = 0;
    uint64_t code = 0;
    if (ranks_ != nullptr && Rank(offset, greatest, &code)) {
      missing_[offset] = 0;
      numbers_[offset] = static_cast<int64_t>(2 * code + 1);
    } else if (ranks_ == nullptr && ords_->Get(offset, greatest, &ord)) {
      missing_[offset] = 0;
      numbers_[offset] = int64_t{2} * ord + 1;
    } else {
      SetMissing(offset);
    }
  });
}

void KeyReader::Fill(DocId first, const Window& window) {
  switch (key_->key.kind) {
    case SortKey::Kind::kScore:
      ForEachBit(window.match, [&](uint32_t offset) {
        numbers_[offset] = key_->Fold(NumberOfScore(window.score[offset]));
      });
      return;
    case SortKey::Kind::kDoc:
      ForEachBit(window.match, [&](uint32_t offset) {
        numbers_[offset] = key_->Fold(static_cast<int64_t>(place_ + first + offset));
      });
      return;
    case SortKey::Kind::kField:
      break;
  }
  if (column_ != nullptr) {
    FillNumbers(first, window);
  } else if (ords_ != nullptr) {
    FillOrds(first, window);
  } else {
    ForEachBit(window.match, [&](uint32_t offset) { SetMissing(offset); });
  }
}

bool KeyReader::Rank(uint32_t offset, bool greatest, uint64_t* code) {
  bool any = false;
  ords_->ForEach(offset, [&](uint32_t id) {
    const uint64_t next = ranks_->Code(id);
    *code = !any || (greatest ? next > *code : next < *code) ? next : *code;
    any = true;
  });
  return any;
}

int64_t KeyReader::CodeOf(std::string_view text) const {
  if (ranks_ != nullptr) {
    const index::KeywordRanks::Place place = ranks_->Find(text);
    return static_cast<int64_t>(2 * place.code + (place.found ? 1 : 2));
  }
  if (ords_ == nullptr || ords_->terms() == nullptr) {
    return 0;
  }
  const codec::BlockTermDictionary& terms = ords_->terms()->dictionary();
  const std::string term = path_ + std::string(text);
  uint32_t ord = 0;
  return terms.Find(term, nullptr, &ord) ? int64_t{2} * ord + 1
                                         : int64_t{2} * terms.LowerBound(term);
}

void KeyReader::Copy(uint32_t offset, SortCell* cell) const {
  cell->rank = missing_[offset];
  cell->number = cell->rank == 0 ? numbers_[offset] : 0;
  cell->text.clear();
  if (cell->rank == 0 && key_->is_text() && !IsTerm(cell->number)) {
    cell->text = *key_->missing_text;
  }
}

Status KeyReader::status() const { return ords_ == nullptr ? Status::Ok() : ords_->status(); }

}  // namespace binseek::search
