// KeysWriter and KeyTable: the _id of every document of a segment, and the document of an _id. Byte tables: FORMATS.md, "Keys".
//
//   KeysWriter writer(&keys, &table);
//   for (...) BINSEEK_RETURN_IF_ERROR(writer.Add(key));          // document 0, 1, ...
//   writer.Finish();
//
// A document may have no key: an empty one. Of the documents with one key the last is found.
#ifndef BINSEEK_ENGINE_CODEC_KEY_TABLE_H_
#define BINSEEK_ENGINE_CODEC_KEY_TABLE_H_

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/coding.h"
#include "engine/base/result.h"
#include "engine/codec/byte_sink.h"
#include "engine/codec/doc_id.h"

namespace binseek::codec {

inline constexpr uint32_t kKeysPerBlock = 64;

namespace internal {

// The keys of a segment by document, as they lie in the keys section. Borrows its bytes.
class KeyBlocks {
 public:
  struct Block {
    uint64_t start = 0;      // within bytes_, < 2^40
    uint32_t end_bytes = 0;  // width of each key's end: 0 (every key has min_size), 1, 2 or 4
    uint32_t min_size = 0;   // of the shortest key, < 2^22
    uint32_t keys = 0;
  };

  KeyBlocks() = default;
  // REQUIRES: `directory` has a word per block of `docs` keys.
  KeyBlocks(std::string_view bytes, const char* directory, uint32_t docs)
      : bytes_(bytes), directory_(directory), docs_(docs) {}

  uint32_t docs() const { return docs_; }
  Block BlockOf(DocId doc) const {
    const uint32_t number = doc / kKeysPerBlock;
    const uint64_t word = LoadU64(directory_ + size_t{number} * 8);
    constexpr uint32_t kEndBytes = 0x4210;  // by code
    return {.start = word & ((uint64_t{1} << 40) - 1),
            .end_bytes = kEndBytes >> (word >> 40 & 3) * 4 & 15,
            .min_size = static_cast<uint32_t>(word >> 42),
            .keys = std::min(kKeysPerBlock, docs_ - number * kKeysPerBlock)};
  }
  void PrefetchBlock(DocId doc) const {
    __builtin_prefetch(directory_ + size_t{doc / kKeysPerBlock} * 8);
  }
  // Where the key ends is not known yet, and so neither is exactly where it begins.
  void PrefetchKey(const Block& block, uint32_t index) const {
    const uint64_t end = block.start + uint64_t{block.end_bytes} * index;
    const uint64_t key =
        block.start + uint64_t{block.end_bytes} * block.keys + uint64_t{block.min_size} * index;
    for (const uint64_t at : {end, key}) {
      if (at < bytes_.size()) {
        __builtin_prefetch(bytes_.data() + at);
      }
    }
  }
  // Key `index` of a block; nothing where the bytes are damaged. REQUIRES: index < block.keys.
  std::optional<std::string_view> KeyOf(const Block& block, uint32_t index) const {
    const uint64_t keys_start = block.start + uint64_t{block.end_bytes} * block.keys;
    if (keys_start > bytes_.size()) [[unlikely]] {
      return std::nullopt;
    }
    const uint64_t start =
        index == 0 ? 0 : uint64_t{block.min_size} * index + Excess(block, index - 1);
    const uint64_t end = uint64_t{block.min_size} * (index + 1) + Excess(block, index);
    if (start > end || end > bytes_.size() - keys_start) [[unlikely]] {
      return std::nullopt;
    }
    return std::string_view(bytes_.data() + keys_start + start, end - start);
  }

 private:
  // By how much the keys up to `index` are longer, in sum, than the shortest.
  uint32_t Excess(const Block& block, uint32_t index) const {
    const char* at = bytes_.data() + block.start + size_t{block.end_bytes} * index;
    switch (block.end_bytes) {
      case 0:
        return 0;
      case 1:
        return static_cast<uint8_t>(*at);
      case 2:
        return LoadU16(at);
      default:
        return LoadU32(at);
    }
  }

  std::string_view bytes_;
  const char* directory_ = nullptr;
  uint32_t docs_ = 0;
};

}  // namespace internal

// Single-threaded. Borrows the sinks, copies the keys and holds both sections until Finish: key bytes + about 6 bytes per document.
class KeysWriter {
 public:
  KeysWriter(ByteSink* keys, ByteSink* table) : keys_sink_(keys), table_sink_(table) {}

  // kResourceExhausted: the segment would hold 2^31 documents, or more than 4 GiB of keys in one block or 1 TiB in all.
  [[nodiscard]] Status Add(std::string_view key);
  // REQUIRES: called once, last. Cost: a hash table insertion per key.
  void Finish();

  uint32_t size() const { return docs_; }

 private:
  void EndBlock();

  ByteSink* const keys_sink_;
  ByteSink* const table_sink_;
  uint32_t docs_ = 0;
  uint32_t keyed_docs_ = 0;
  std::vector<uint64_t> ends_;  // of the keys of the block that fills, from block_keys_'s start
  std::string block_keys_;
  std::string keys_;       // finished blocks
  std::string directory_;  // u64 per finished block
};

// Thread-safe: const after Open. Ownership: borrows the sections, which must outlive it and every view; no memory of its own.
// Errors: the sections may be hostile. Open checks sizes; a damaged entry reads as an empty key or as "not there", and corrupt() is true from then on.
class KeyTable {
 public:
  // Sections as KeysWriter wrote them, at any alignment. kCorruption: sizes do not fit.
  [[nodiscard]] static Result<std::unique_ptr<const KeyTable>> Open(std::string_view keys_section,
                                                                    std::string_view table_section,
                                                                    uint32_t max_doc);
  ~KeyTable() = default;
  KeyTable(const KeyTable&) = delete;
  KeyTable& operator=(const KeyTable&) = delete;

  uint32_t max_doc() const { return keys_.docs(); }
  // Distinct keys, as the section says; at most max_doc(): for sizing a map.
  uint32_t key_count() const { return key_count_; }

  // Empty where the document has none. Constant cost. REQUIRES: doc < max_doc().
  std::string_view Key(DocId doc) const;
  // Start to load what Key reads of a document: first where its block stands; once that is there, the key. REQUIRES: doc < max_doc().
  void PrefetchBlock(DocId doc) const { keys_.PrefetchBlock(doc); }
  void PrefetchKey(DocId doc) const { keys_.PrefetchKey(keys_.BlockOf(doc), doc % kKeysPerBlock); }
  // The last document with `key`; none for the empty key. Cost: a hash, usually three cache misses.
  std::optional<DocId> Find(std::string_view key) const;
  // Calls visit(doc, key) for every document that has a key, in order. A later document's key may repeat an earlier one's.
  template <std::invocable<DocId, std::string_view> Visit>
  void ForEachKey(Visit&& visit) const;

  bool corrupt() const { return corrupt_.load(std::memory_order_relaxed); }
  // Compares all keys with the table. kCorruption. Cost: a scan and a lookup per document.
  [[nodiscard]] Status Verify() const;

 private:
  KeyTable() = default;
  std::string_view KeyOf(const internal::KeyBlocks::Block& block, uint32_t index) const {
    const std::optional<std::string_view> key = keys_.KeyOf(block, index);
    if (!key) [[unlikely]] {
      corrupt_.store(true, std::memory_order_relaxed);
      return {};
    }
    return *key;
  }

  internal::KeyBlocks keys_;
  std::string_view slots_;  // u32[]
  uint32_t key_count_ = 0;
  mutable std::atomic<bool> corrupt_ = false;
};

template <std::invocable<DocId, std::string_view> Visit>
void KeyTable::ForEachKey(Visit&& visit) const {
  for (uint64_t first = 0; first < max_doc(); first += kKeysPerBlock) {
    const internal::KeyBlocks::Block block = keys_.BlockOf(static_cast<DocId>(first));
    for (uint32_t i = 0; i < block.keys; ++i) {
      const std::string_view key = KeyOf(block, i);
      if (!key.empty()) {
        visit(static_cast<DocId>(first + i), key);
      }
    }
  }
}

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_KEY_TABLE_H_
