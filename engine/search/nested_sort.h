// NestedKey and NestedDocs: a sort key whose values are those of a document's nested objects.
//
// A NestedKey is bound to one index, immutable and thread-safe; NestedDocs is one segment's, single-threaded. Both borrow from the view.
// Errors: kInvalidArgument (the path, the filter), kCorruption.
#ifndef BINSEEK_ENGINE_SEARCH_NESTED_SORT_H_
#define BINSEEK_ENGINE_SEARCH_NESTED_SORT_H_

#include <algorithm>
#include <bit>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/block_level.h"
#include "engine/search/sort.h"
#include "engine/search/weight.h"

namespace binseek::search {

struct NestedKey {
  struct Step {
    const mapping::Field* field = nullptr;
    std::shared_ptr<const Weight> objects;  // those that count
    uint64_t max_children = 0;
  };
  const mapping::Field* level = nullptr;  // of the documents that are sorted; null: roots
  std::vector<Step> steps;                // from outside inwards
  Interrupt* interrupt = nullptr;         // of the search; null: there is none

  // `context`: of the documents that are sorted.
  static Result<std::shared_ptr<const NestedKey>> Bind(const BindContext& context,
                                                       const NestedSort& sort);
};

class NestedDocs {
 public:
  // Cost: a walk over the segment's objects that count. Past the deadline those behind do not.
  static Result<std::unique_ptr<NestedDocs>> Open(const NestedKey& key,
                                                  const index::SegmentView& segment);

  // Calls visit(object) for the objects of a document that count, ascending.
  template <class Visit>
  void ForEach(DocId doc, Visit visit) const {
    uint64_t left = max_children_;
    for (DocId object = objects_.Next(parents_.FirstChild(doc)); object < doc && left > 0;
         object = objects_.Next(object + 1), --left) {
      visit(object);
    }
  }

 private:
  NestedDocs(Level parents, Level objects, uint64_t max_children)
      : parents_(std::move(parents)), objects_(std::move(objects)), max_children_(max_children) {}

  const Level parents_;
  const Level objects_;
  const uint64_t max_children_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_NESTED_SORT_H_
