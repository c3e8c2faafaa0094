#include "engine/index/keyword_table.h"

#include <algorithm>
#include <cstring>

#include "engine/base/check.h"

namespace binseek::index {
namespace {

constexpr size_t kFirstBlockBytes = 256;
constexpr size_t kMaxBlockBytes = size_t{1} << 18;

}  // namespace

char* KeywordTable::Allocate(size_t size) {
  if (blocks_.empty() || blocks_.back().size - used_ < size) {
    const size_t next =
        blocks_.empty() ? kFirstBlockBytes : std::min(blocks_.back().size * 2, kMaxBlockBytes);
    Block block{nullptr, std::max(next, size)};
    block.bytes = std::make_unique_for_overwrite<char[]>(block.size);
    memory_bytes_ += block.size;
    blocks_.push_back(std::move(block));
    used_ = 0;
  }
  char* const at = blocks_.back().bytes.get() + used_;
  used_ += size;
  return at;
}

uint32_t KeywordTable::Append(std::string_view value) {
  BINSEEK_CHECK(size_ < kMaxValues, "the table is full");
  const uint32_t place = size_ + kFirstChunk;
  const auto chunk = static_cast<size_t>(std::bit_width(place) - std::bit_width(kFirstChunk));
  if (chunks_[chunk] == nullptr) {
    const size_t entries = size_t{kFirstChunk} << chunk;
    chunks_[chunk] = std::make_unique<const char*[]>(entries);
    memory_bytes_ += entries * sizeof(const char*);
  }
  auto length = static_cast<uint32_t>(value.size());
  const size_t length_bytes =
      (static_cast<size_t>(std::bit_width(length | 1u)) + 6) / 7;  // 7 bits a byte
  char* at = Allocate(length_bytes + value.size());
  chunks_[chunk][place - (kFirstChunk << chunk)] = at;
  for (; length >= 0x80; length >>= 7) {
    *at++ = static_cast<char>(length | 0x80);
  }
  *at++ = static_cast<char>(length);
  std::memcpy(at, value.data(), value.size());
  value_bytes_ += value.size();
  return size_++;
}

void KeywordTable::Truncate(uint32_t size) {
  if (size >= size_) {
    return;
  }
  for (uint32_t id = size; id < size_; ++id) {
    value_bytes_ -= Value(id).size();
  }
  const char* const end = *EntryOf(size);
  const auto holds = [end](const Block& block) {
    return end >= block.bytes.get() && end < block.bytes.get() + block.size;
  };
  while (!holds(blocks_.back())) {
    memory_bytes_ -= blocks_.back().size;
    blocks_.pop_back();
  }
  used_ = static_cast<size_t>(end - blocks_.back().bytes.get());
  size_ = size;
}

std::shared_ptr<const KeywordRanks> KeywordTable::KnownRanks() const {
  const MutexLock lock(&mutex_);
  return ranks_;
}

std::shared_ptr<const KeywordRanks> KeywordTable::Ranks(uint32_t size) const {
  auto known = KnownRanks();
  if (known != nullptr && known->size() >= size) {
    return known;
  }
  const MutexLock making(&making_);
  known = KnownRanks();
  if (known != nullptr && known->size() >= size) {
    return known;
  }
  auto made = KeywordRanks::Make(this, known.get(), size);
  const MutexLock lock(&mutex_);
  ranks_ = made;
  return made;
}

void KeywordTable::RefreshRanks(uint32_t size) const {
  const auto known = KnownRanks();
  if (known != nullptr && known->size() < size) {
    Ranks(size);
  }
}

size_t KeywordTable::memory_bytes() const {
  const auto known = KnownRanks();
  return memory_bytes_.load(std::memory_order_relaxed) +
         (known == nullptr ? 0 : known->memory_bytes());
}

const KeywordView* KeywordViews::Find(mapping::FieldId field) const {
  const auto it = std::lower_bound(
      fields.begin(), fields.end(), field,
      [](const KeywordView& view, mapping::FieldId id) { return view.field < id; });
  return it != fields.end() && it->field == field ? &*it : nullptr;
}

size_t KeywordViews::memory_bytes() const {
  size_t bytes = 0;
  for (const KeywordView& view : fields) {
    bytes += view.table->memory_bytes();
  }
  return bytes;
}

}  // namespace binseek::index
