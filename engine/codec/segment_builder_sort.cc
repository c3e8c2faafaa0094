// SegmentBuilder's order: the mapping's index sort, block by block.
#include <algorithm>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/codec/segment_builder.h"
#include "engine/mapping/index_sort.h"

namespace binseek::codec {
namespace {

using mapping::IndexSortKey;
using mapping::SortValue;

// The values of one field, by document, as far as they are needed for a key.
class KeyValues {
 public:
  KeyValues(const IndexSortKey& key, uint32_t docs) : key_(key), values_(docs) {}

  void Add(DocId doc, int64_t value) {
    std::optional<int64_t>& best = values_[doc];
    if (!best || (key_.greatest ? value > *best : value < *best)) {
      best = value;
    }
  }
  SortValue Of(DocId doc) const { return MakeSortValue(key_, values_[doc]); }

 private:
  const IndexSortKey& key_;
  std::vector<std::optional<int64_t>> values_;
};

}  // namespace

std::vector<SortValue> SegmentBuilder::SortValues(const std::vector<DocId>& blocks) const {
  const mapping::IndexSort& sort = mapping_->index_sort();
  const size_t keys = sort.keys.size();
  std::vector<SortValue> out((blocks.size() - 1) * keys);
  for (size_t k = 0; k < keys; ++k) {
    KeyValues values(sort.keys[k], size());
    const auto numbers = numbers_.find(sort.keys[k].field);
    if (numbers != numbers_.end()) {
      numbers->second.ForEach([&values](DocId doc, std::span<const int64_t> all) {
        values.Add(doc, all.front());
        values.Add(doc, all.back());
      });
    }
    const auto terms = terms_.find(sort.keys[k].field);
    if (terms != terms_.end()) {
      terms->second.ForEachRank([&values](DocId doc, uint32_t rank) { values.Add(doc, rank); });
    }
    for (size_t block = 0; block + 1 < blocks.size(); ++block) {
      out[block * keys + k] = values.Of(blocks[block + 1] - 1);
    }
  }
  return out;
}

void SegmentBuilder::Sort() {
  std::vector<DocId> blocks;  // where each begins, and the end
  blocks.reserve(size_t{size()} + 1);
  auto child = children_.begin();
  for (DocId doc = 0; doc < size(); ++doc) {
    blocks.push_back(doc);
    for (; child != children_.end() && *child == doc; ++child) {
      ++doc;
    }
  }
  const size_t count = blocks.size();
  blocks.push_back(size());
  const std::vector<SortValue> values = SortValues(blocks);
  const size_t keys = mapping_->index_sort().keys.size();
  const auto before = [&](uint32_t a, uint32_t b) {
    const std::span<const SortValue> all(values);
    return mapping::CompareSortValues(all.subspan(a * keys, keys), all.subspan(b * keys, keys)) < 0;
  };
  std::vector<uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  if (std::is_sorted(order.begin(), order.end(), before)) {
    return;
  }
  std::stable_sort(order.begin(), order.end(), before);
  std::vector<DocId> places(size());
  DocId next = 0;
  for (const uint32_t block : order) {
    for (DocId doc = blocks[block]; doc < blocks[block + 1]; ++doc) {
      places[doc] = next++;
    }
  }
  Move(std::move(places));
}

void SegmentBuilder::Move(std::vector<DocId> places) {
  places_ = std::move(places);
  for (auto& [field, terms] : terms_) {
    terms.Renumber(places_);
  }
  for (auto& [field, numbers] : numbers_) {
    numbers.Renumber(places_);
  }
  std::vector<std::string> keys(keys_.size());
  std::vector<mapping::StoredSource> sources(sources_.size());
  for (DocId doc = 0; doc < size(); ++doc) {
    keys[places_[doc]] = std::move(keys_[doc]);
    sources[places_[doc]] = std::move(sources_[doc]);
  }
  keys_ = std::move(keys);
  sources_ = std::move(sources);
  for (DocId& doc : children_) {
    doc = places_[doc];
  }
  std::sort(children_.begin(), children_.end());
}

}  // namespace binseek::codec
