#include "engine/index/keyword_ranks.h"

#include <algorithm>
#include <string>

#include "engine/codec/term_dictionary_layout.h"
#include "engine/index/keyword_table.h"

namespace binseek::index {
namespace {

constexpr size_t kLeastTail = 256;  // shorter ones are never worth a new ranking
constexpr size_t kTailShare = 8;

// The ids from `begin` to `end` in the order of their values.
std::vector<uint32_t> Sorted(const KeywordTable& table, uint32_t begin, uint32_t end) {
  std::vector<uint32_t> ids;
  ids.reserve(end - begin);
  if (begin == end) {
    return ids;
  }
  const std::string_view first = table.Value(begin);
  size_t common = first.size();
  for (uint32_t id = begin + 1; id < end; ++id) {
    const std::string_view value = table.Value(id);
    const auto differs =
        std::mismatch(first.begin(),
                      first.begin() + static_cast<std::ptrdiff_t>(std::min(common, value.size())),
                      value.begin())
            .first;
    common = static_cast<size_t>(differs - first.begin());
  }
  // Heads decide nearly always, without a look at the bytes.
  std::vector<std::pair<uint64_t, uint32_t>> heads;
  heads.reserve(end - begin);
  for (uint32_t id = begin; id < end; ++id) {
    heads.emplace_back(codec::TermHead(table.Value(id).substr(common)), id);
  }
  std::sort(heads.begin(), heads.end(), [&table](const auto& a, const auto& b) {
    return a.first != b.first ? a.first < b.first : table.Value(a.second) < table.Value(b.second);
  });
  for (const auto& [head, id] : heads) {
    ids.push_back(id);
  }
  return ids;
}

}  // namespace

std::shared_ptr<const KeywordRanks> KeywordRanks::Make(const KeywordTable* table,
                                                       const KeywordRanks* before, uint32_t size) {
  std::shared_ptr<KeywordRanks> made(new KeywordRanks(table));
  if (before == nullptr) {
    auto base = std::make_shared<Base>();
    base->ids = Sorted(*table, 0, size);
    base->ranks.resize(size);
    for (uint32_t rank = 0; rank < size; ++rank) {
      base->ranks[base->ids[rank]] = rank;
    }
    made->base_ = std::move(base);
    return made;
  }
  const std::vector<Placed> tail = before->TailWith(Sorted(*table, before->size(), size));
  if (tail.size() > std::max<size_t>(kLeastTail, before->ranked() / kTailShare)) {
    made->base_ = before->Ranked(tail);
  } else {
    made->base_ = before->base_;
    made->SetTail(tail);
  }
  return made;
}

uint32_t KeywordRanks::RankedBelow(std::string_view value, uint32_t from) const {
  const std::vector<uint32_t>& ids = base_->ids;
  const auto it =
      std::lower_bound(ids.begin() + from, ids.end(), value,
                       [this](uint32_t id, std::string_view v) { return table_->Value(id) < v; });
  return static_cast<uint32_t>(it - ids.begin());
}

// The tail with further ids, which are in order.
std::vector<KeywordRanks::Placed> KeywordRanks::TailWith(
    const std::vector<uint32_t>& sorted) const {
  std::vector<Placed> more;
  more.reserve(sorted.size());
  for (const uint32_t id : sorted) {
    more.push_back({id, RankedBelow(table_->Value(id), more.empty() ? 0 : more.back().below)});
  }
  std::vector<Placed> old;
  old.reserve(tail_.size());
  for (const uint32_t id : tail_) {
    old.push_back({id, static_cast<uint32_t>(Code(id) >> kTailBits)});
  }
  std::vector<Placed> all;
  all.reserve(old.size() + more.size());
  std::merge(old.begin(), old.end(), more.begin(), more.end(), std::back_inserter(all),
             [this](const Placed& a, const Placed& b) {
               return a.below != b.below ? a.below < b.below
                                         : table_->Value(a.id) < table_->Value(b.id);
             });
  return all;
}

void KeywordRanks::SetTail(const std::vector<Placed>& tail) {
  tail_.reserve(tail.size());
  tail_codes_.resize(tail.size());
  for (const Placed& placed : tail) {
    tail_.push_back(placed.id);
    tail_codes_[placed.id - ranked()] = uint64_t{placed.below} << kTailBits | tail_.size();
  }
}

// The base that has the tail in it.
std::shared_ptr<const KeywordRanks::Base> KeywordRanks::Ranked(
    const std::vector<Placed>& tail) const {
  auto all = std::make_shared<Base>();
  all->ids.reserve(base_->ids.size() + tail.size());
  uint32_t done = 0;
  for (const Placed& placed : tail) {
    all->ids.insert(all->ids.end(), base_->ids.begin() + done, base_->ids.begin() + placed.below);
    all->ids.push_back(placed.id);
    done = placed.below;
  }
  all->ids.insert(all->ids.end(), base_->ids.begin() + done, base_->ids.end());
  all->ranks.resize(all->ids.size());
  for (uint32_t rank = 0; rank < all->ids.size(); ++rank) {
    all->ranks[all->ids[rank]] = rank;
  }
  return all;
}

uint32_t KeywordRanks::IdOf(uint64_t code) const {
  const uint64_t in_tail = code & ((uint64_t{1} << kTailBits) - 1);
  return in_tail == 0 ? base_->ids[(code >> kTailBits) - 1] : tail_[in_tail - 1];
}

KeywordRanks::Place KeywordRanks::Find(std::string_view value) const {
  Place place;
  const uint32_t below = RankedBelow(value, 0);
  if (below < ranked() && table_->Value(base_->ids[below]) == value) {
    return {Code(base_->ids[below]), true};
  }
  place.code = uint64_t{below} << kTailBits;
  const auto it =
      std::lower_bound(tail_.begin(), tail_.end(), value,
                       [this](uint32_t id, std::string_view v) { return table_->Value(id) < v; });
  if (it != tail_.end() && table_->Value(*it) == value) {
    return {Code(*it), true};
  }
  if (it != tail_.begin()) {
    place.code = std::max(place.code, Code(*(it - 1)));
  }
  return place;
}

}  // namespace binseek::index
