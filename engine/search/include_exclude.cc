#include "engine/search/include_exclude.h"

#include <cstring>
#include <utility>

#include "engine/search/regexp.h"

namespace binseek::search {
namespace {

// MurmurHash3 (Austin Appleby, public domain), 32 bits: the partitions are Elasticsearch's.
uint32_t Murmur3(std::string_view bytes, uint32_t seed) {
  const auto rotate = [](uint32_t x, int by) { return x << by | x >> (32 - by); };
  const auto mix = [&](uint32_t k) { return rotate(k * 0xcc9e2d51u, 15) * 0x1b873593u; };
  uint32_t hash = seed;
  size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    uint32_t block = 0;
    std::memcpy(&block, bytes.data() + at, sizeof(block));
    hash = rotate(hash ^ mix(block), 13) * 5 + 0xe6546b64u;
  }
  uint32_t tail = 0;
  for (size_t i = bytes.size(); i > at; --i) {
    tail = tail << 8 | static_cast<uint8_t>(bytes[i - 1]);
  }
  hash ^= bytes.size() > at ? mix(tail) : 0;
  hash ^= static_cast<uint32_t>(bytes.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return hash ^ hash >> 16;
}

uint64_t Mix64(uint64_t value) {
  value = (value ^ value >> 32) * 0x4cd6944c5cc20b6du;
  value = (value ^ value >> 29) * 0xfc12c5b19d3259e9u;
  return value ^ value >> 32;
}

uint32_t FloorMod(int64_t value, uint32_t by) {
  const int64_t rest = value % static_cast<int64_t>(by);
  return static_cast<uint32_t>(rest < 0 ? rest + by : rest);
}

}  // namespace

Result<TermFilter> TermFilter::Make(const IncludeExclude& options, const ValueForm& form,
                                    const std::string& aggregation) {
  TermFilter filter;
  filter.all_ = options.empty();
  filter.partition_ = options.partition;
  filter.partitions_ = options.partitions;
  if (options.include_regexp || options.exclude_regexp) {
    if (form.is_number() || form.is_ip()) {
      return Status::InvalidArgument(
          "Aggregation [" + aggregation +
          "] cannot support regular expression style include/exclude settings as they can only be "
          "applied to string fields. Use an array of values for include/exclude clauses");
    }
    if (options.include_regexp) {
      BINSEEK_ASSIGN_OR_RETURN(filter.include_, CompileRegexp(*options.include_regexp, {}));
    }
    if (options.exclude_regexp) {
      BINSEEK_ASSIGN_OR_RETURN(filter.exclude_, CompileRegexp(*options.exclude_regexp, {}));
    }
  }
  if (options.include_values) {
    form.is_number() ? void(filter.include_numbers_.emplace())
                     : void(filter.include_texts_.emplace());
  }
  const auto add = [&](const std::optional<std::vector<std::string>>& values,
                       std::set<std::string, std::less<>>* texts,
                       std::set<int64_t>* numbers) -> Status {
    for (const std::string& value : values.value_or(std::vector<std::string>())) {
      if (form.is_number()) {
        BINSEEK_ASSIGN_OR_RETURN(const int64_t number, form.Parse(value));
        numbers->insert(number);
      } else {
        BINSEEK_ASSIGN_OR_RETURN(std::string term, form.TermOf(value));
        texts->insert(std::move(term));
      }
    }
    return Status::Ok();
  };
  BINSEEK_RETURN_IF_ERROR(add(options.include_values,
                              filter.include_texts_ ? &*filter.include_texts_ : nullptr,
                              filter.include_numbers_ ? &*filter.include_numbers_ : nullptr));
  BINSEEK_RETURN_IF_ERROR(
      add(options.exclude_values, &filter.exclude_texts_, &filter.exclude_numbers_));
  return filter;
}

bool TermFilter::Accepts(std::string_view text) const {
  if (all_) {
    return true;
  }
  if (partitions_ > 0 &&
      FloorMod(static_cast<int32_t>(Murmur3(text, 31)), partitions_) != partition_) {
    return false;
  }
  return (!include_texts_ || include_texts_->contains(text)) && !exclude_texts_.contains(text) &&
         (!include_ || include_->Accepts(text)) && (!exclude_ || !exclude_->Accepts(text));
}

bool TermFilter::Accepts(int64_t common) const {
  if (all_) {
    return true;
  }
  if (partitions_ > 0 && FloorMod(static_cast<int64_t>(Mix64(static_cast<uint64_t>(common))),
                                  partitions_) != partition_) {
    return false;
  }
  return (!include_numbers_ || include_numbers_->contains(common)) &&
         !exclude_numbers_.contains(common);
}

}  // namespace binseek::search
