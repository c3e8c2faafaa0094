// KeywordRanks: the order of the values of a keyword table, as numbers: codes compare as the values do.
//
// Most values are ranked: their code is their place among the ranked ones. Those that came since are a short tail: they lie between two ranked values, and
// their place among the tail decides the rest. So a new value costs a search for its place and a copy of the tail, not a renumbering; where the tail has
// outgrown an eighth of the ranked values it is ranked too, by a merge without a look at a value.
//
// Immutable and thread-safe. Borrows the table, and knows the values below size() only: all that readers of a view at most that large need.
// Memory: 8 bytes for a ranked value, 12 for one of the tail.
#ifndef BINSEEK_ENGINE_INDEX_KEYWORD_RANKS_H_
#define BINSEEK_ENGINE_INDEX_KEYWORD_RANKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace binseek::index {

class KeywordTable;

class KeywordRanks {
 public:
  // Of the first `size` values. `before`: of fewer, from which this takes what it can; may be null.
  static std::shared_ptr<const KeywordRanks> Make(const KeywordTable* table,
                                                  const KeywordRanks* before, uint32_t size);

  uint32_t size() const { return ranked() + static_cast<uint32_t>(tail_codes_.size()); }
  size_t memory_bytes() const {
    return (base_->ranks.size() + base_->ids.size() + tail_.size()) * sizeof(uint32_t) +
           tail_codes_.size() * sizeof(uint64_t);
  }
  uint32_t tail_size() const { return static_cast<uint32_t>(tail_codes_.size()); }
  // At least 1, below 2^62. REQUIRES: id < size().
  uint64_t Code(uint32_t id) const {
    return id < ranked() ? (uint64_t{base_->ranks[id]} + 1) << kTailBits
                         : tail_codes_[id - ranked()];
  }
  // REQUIRES: `code` is one of Code's.
  uint32_t IdOf(uint64_t code) const;

  struct Place {
    uint64_t code = 0;  // the value's; or of the greatest value that is below it, 0: there is none
    bool found = false;
  };
  Place Find(std::string_view value) const;
  std::optional<uint32_t> IdOf(std::string_view value) const {
    const Place place = Find(value);
    return place.found ? std::optional(IdOf(place.code)) : std::nullopt;
  }

 private:
  static constexpr int kTailBits = 31;
  struct Base {
    std::vector<uint32_t> ranks;  // by id
    std::vector<uint32_t> ids;    // by rank
  };
  // One of the tail, with the number of ranked values below it.
  struct Placed {
    uint32_t id = 0;
    uint32_t below = 0;
  };

  explicit KeywordRanks(const KeywordTable* table) : table_(table) {}
  uint32_t ranked() const { return static_cast<uint32_t>(base_->ids.size()); }
  uint32_t RankedBelow(std::string_view value, uint32_t from) const;
  std::vector<Placed> TailWith(const std::vector<uint32_t>& sorted) const;
  void SetTail(const std::vector<Placed>& tail);
  std::shared_ptr<const Base> Ranked(const std::vector<Placed>& tail) const;

  const KeywordTable* const table_;
  std::shared_ptr<const Base> base_;
  std::vector<uint32_t> tail_;        // ids in the order of their values
  std::vector<uint64_t> tail_codes_;  // by id, from ranked() on
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_KEYWORD_RANKS_H_
