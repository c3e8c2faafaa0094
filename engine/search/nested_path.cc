#include "engine/search/nested_path.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "engine/index/system_keywords.h"
#include "engine/search/block_level.h"
#include "engine/search/hit_fetch.h"

namespace binseek::search {
namespace {

using mapping::Field;

// The nested field that each document from `first` up to `root` is an object of; null: of none that the mapping still has.
Result<std::vector<const Field*>> FieldsOfBlock(const index::IndexView& index,
                                                const index::SegmentView& segment, DocId first,
                                                DocId root) {
  std::vector<const Field*> fields;
  std::vector<std::string> values;
  for (DocId doc = first; doc < root; ++doc) {
    BINSEEK_RETURN_IF_ERROR(
        index::ReadSystemKeywords(segment, doc, mapping::kNestedPathField, &values));
    uint32_t id = 0;
    if (!values.empty()) {
      std::from_chars(values[0].data(), values[0].data() + values[0].size(), id);
    }
    fields.push_back(id == 0 ? nullptr : index.mapping->Find(mapping::FieldId{id}));
  }
  return fields;
}

}  // namespace

index::DocAddress RootOf(const index::IndexView& index, index::DocAddress address) {
  const codec::Segment& segment = index.at(address).segment();
  while (address.doc + 1 < segment.max_doc() && !segment.IsRoot(address.doc)) {
    ++address.doc;
  }
  return address;
}

Result<std::vector<NestedStep>> NestedPathOf(const index::IndexView& index,
                                             index::DocAddress address) {
  std::vector<NestedStep> steps;
  const index::SegmentView& segment = index.at(address);
  if (segment.segment().IsRoot(address.doc)) {
    return steps;
  }
  BINSEEK_ASSIGN_OR_RETURN(const Level roots, Level::Open(segment, nullptr));
  const DocId first = roots.FirstChild(address.doc);
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<const Field*> fields,
                           FieldsOfBlock(index, segment, first, RootOf(index, address).doc));
  size_t at = address.doc - first;
  while (at < fields.size() && fields[at] != nullptr) {
    const Field* const field = fields[at];
    const Field* const around = index.mapping->NestedAround(field->name);
    size_t begin = at;
    uint32_t offset = 0;
    while (begin > 0 && (around == nullptr || fields[begin - 1] != around)) {
      offset += fields[--begin] == field ? 1 : 0;
    }
    steps.push_back(
        {around == nullptr ? field->name : field->name.substr(around->name.size() + 1), offset});
    if (around == nullptr) {
      break;
    }
    at = static_cast<size_t>(
        std::find(fields.begin() + static_cast<std::ptrdiff_t>(at), fields.end(), around) -
        fields.begin());
  }
  std::reverse(steps.begin(), steps.end());
  return steps;
}

Hit HitOf(const index::IndexView& index, index::DocAddress address, const HitParts& parts) {
  Hit hit;
  hit.index = &index;
  hit.address = RootOf(index, address);
  FetchHits(parts, std::span<Hit>(&hit, 1));
  hit.address = address;
  return hit;
}

}  // namespace binseek::search
