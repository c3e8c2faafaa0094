#include "engine/search/nested_sort.h"

#include "engine/search/interrupt.h"
#include "engine/search/nested_query.h"

namespace binseek::search {
namespace {

// False: there is no time for more.
Result<bool> GoesOn(Interrupt* interrupt) {
  if (interrupt == nullptr) {
    return true;
  }
  BINSEEK_RETURN_IF_ERROR(interrupt->Check());
  return !interrupt->TimedOut();
}

// The objects of a step that count, within those of the step before (null: none is before).
Result<Level> OpenStep(const NestedKey::Step& step, const index::SegmentView& segment,
                       Interrupt* interrupt, const Level* all_outer, const Level* outer) {
  constexpr DocId kDocsPerLook = 16 * Window::kDocs;
  BINSEEK_ASSIGN_OR_RETURN(Level objects, Level::Open(segment, step.field));
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<Scorer> scorer, step.objects->MakeScorer(segment));
  std::vector<uint64_t>& words = *objects.mutable_words();
  const auto window = std::make_unique<Window>();
  bool goes_on = true;
  for (DocId first = 0; first < segment.max_doc(); first += Window::kDocs) {
    const size_t begin = first / 64;
    const size_t count = std::min<size_t>(Window::kWords, words.size() - begin);
    if (goes_on && first % kDocsPerLook == 0) {
      BINSEEK_ASSIGN_OR_RETURN(goes_on, GoesOn(interrupt));
    }
    const bool any = goes_on && scorer != nullptr && scorer->FillWindow(first, window.get());
    for (size_t w = 0; w < count; ++w) {
      words[begin + w] &= any ? window->match[w] : 0;
    }
  }
  if (scorer != nullptr) {
    BINSEEK_RETURN_IF_ERROR(scorer->status());
  }
  for (DocId doc = outer == nullptr ? codec::kNoMoreDocs : objects.Next(0);
       doc != codec::kNoMoreDocs; doc = objects.Next(doc + 1)) {
    if (all_outer->Next(doc) != outer->Next(doc)) {
      words[doc / 64] &= ~(uint64_t{1} << (doc % 64));
    }
  }
  return objects;
}

}  // namespace

Result<std::shared_ptr<const NestedKey>> NestedKey::Bind(const BindContext& context,
                                                         const NestedSort& sort) {
  auto key = std::make_shared<NestedKey>();
  key->interrupt = context.interrupt;
  key->level = FieldOfLevel(*context.index->mapping, context.level);
  BindContext around = context;
  around.scores = false;
  for (const NestedSort* step = &sort; step != nullptr; step = step->nested.get()) {
    BINSEEK_ASSIGN_OR_RETURN(const mapping::Field* const field,
                             FindNested(*context.index->mapping, step->path, false));
    if (!IsBelow(*field, around.level)) {
      return Status::InvalidArgument("[nested] path [" + step->path + "] of a sort is not below [" +
                                     std::string(around.level) + "]");
    }
    BINSEEK_ASSIGN_OR_RETURN(std::shared_ptr<const Weight> objects,
                             BindNested(*field, step->filter, around, 1));
    key->steps.push_back({field, std::move(objects), step->max_children});
    around.level = field->name;
  }
  return std::shared_ptr<const NestedKey>(std::move(key));
}

Result<std::unique_ptr<NestedDocs>> NestedDocs::Open(const NestedKey& key,
                                                     const index::SegmentView& segment) {
  BINSEEK_ASSIGN_OR_RETURN(Level parents, Level::Open(segment, key.level));
  BINSEEK_ASSIGN_OR_RETURN(Level objects,
                           OpenStep(key.steps[0], segment, key.interrupt, nullptr, nullptr));
  for (size_t i = 1; i < key.steps.size(); ++i) {
    BINSEEK_ASSIGN_OR_RETURN(const Level outer, Level::Open(segment, key.steps[i - 1].field));
    BINSEEK_ASSIGN_OR_RETURN(objects,
                             OpenStep(key.steps[i], segment, key.interrupt, &outer, &objects));
  }
  return std::unique_ptr<NestedDocs>(
      new NestedDocs(std::move(parents), std::move(objects), key.steps.back().max_children));
}

}  // namespace binseek::search
