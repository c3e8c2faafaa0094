// KeyReader (sort_plan.h): the sort values of a segment's documents.
#include <algorithm>
#include <limits>
#include <utility>

#include "engine/search/sort_plan.h"

namespace binseek::search {

Result<std::unique_ptr<KeyReader>> KeyReader::Open(const PlannedKey* key, size_t index,
                                                   const index::SegmentView& segment,
                                                   uint64_t place) {
  std::unique_ptr<KeyReader> reader(new KeyReader(key, index, segment, place));
  if (!key->nested.empty() && key->nested[index] != nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(reader->nested_, NestedDocs::Open(*key->nested[index], segment));
  }
  return reader;
}

KeyReader::KeyReader(const PlannedKey* key, size_t index, const index::SegmentView& segment,
                     uint64_t place)
    : key_(key), place_(place) {
  if (key_->key.kind == SortKey::Kind::kGeoDistance && key_->geo_refs[index]) {
    field_ = key_->geo_refs[index]->field;
    column_ = std::make_unique<NumberReader>(segment, field_->id);
    return;
  }
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

bool KeyReader::RulesOut(DocId first, const SortCell& worst, bool ties,
                         std::array<uint64_t, Window::kWords>* useful) const {
  const index::NumberPages* const pages = column_ == nullptr ? nullptr : column_->column();
  useful->fill(~uint64_t{0});
  // Zones are of the documents that have the values: of objects, which may lie in other pages than what they belong to.
  if (pages == nullptr || nested_ != nullptr || key_->key.kind != SortKey::Kind::kField ||
      key_->reduces() || key_->missing_number || key_->key.missing_first || worst.rank != 0) {
    return false;
  }
  bool any = false;
  const uint32_t page_docs = pages->docs_per_page();
  const uint32_t docs = std::min(pages->max_doc() - first, Window::kDocs);
  for (uint32_t offset = 0; offset < docs; offset += page_docs) {
    const index::NumberZone zone = pages->Zone((first + offset) / page_docs);
    // Who has no value comes last.
    const int64_t best =
        key_->Fold(key_->form.Common(*field_, key_->key.descending ? zone.max : zone.min));
    if (zone.empty() || best > worst.number || (ties && best == worst.number)) {
      std::fill_n(useful->begin() + offset / 64, page_docs / 64, 0);
    } else {
      any = true;
    }
  }
  return !any;
}

void KeyReader::FillNumbers(DocId first, const Window& window) {
  column_->Open(first, window.CountMatches());
  ForEachBit(window.match, [&](uint32_t offset) {
    int64_t value = 0;
    if (BestValue(column_.get(), first, offset, &value)) {
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
    if (ranks_ != nullptr && Rank(first, offset, greatest, &code)) {
      missing_[offset] = 0;
      numbers_[offset] = static_cast<int64_t>(2 * code + 1);
    } else if (ranks_ == nullptr && BestValue(ords_.get(), first, offset, &ord)) {
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
    case SortKey::Kind::kGeoDistance:
      FillDistances(first, window);
      return;
    case SortKey::Kind::kField:
      break;
  }
  if (column_ != nullptr && key_->reduces()) {
    FillReduced(first, window);
  } else if (column_ != nullptr) {
    FillNumbers(first, window);
  } else if (ords_ != nullptr) {
    FillOrds(first, window);
  } else {
    ForEachBit(window.match, [&](uint32_t offset) { SetMissing(offset); });
  }
}

bool KeyReader::Rank(DocId first, uint32_t offset, bool greatest, uint64_t* code) {
  bool any = false;
  ForEachValue(ords_.get(), first, offset, [&](uint32_t id) {
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
