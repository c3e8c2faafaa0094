#include "engine/codec/key_table.h"

#include <bit>
#include <span>

#include "engine/codec/key_hash.h"

namespace binseek::codec {
namespace {

constexpr uint64_t kMaxKeyBytes = uint64_t{1} << 39;  // with the ends of the keys, below 2^40
constexpr uint64_t kMaxBlockBytes = 0xffffffff;
constexpr uint32_t kMaxKeyDocs = uint32_t{1} << 31;
constexpr uint64_t kMaxMinSize = (uint64_t{1} << 22) - 1;
constexpr size_t kTrailerBytes = 4;

uint64_t SlotsFor(uint64_t keys) { return keys == 0 ? 0 : keys * 20 / 17 + 1; }  // load <= 0.85

// The hash table of documents: open addressing. A slot is the document + 1 in as many bits as the greatest one needs, and above them as many of the
// hash's low bits as there is room for, so that hardly any foreign key is looked at; 0 is empty.
class Slots {
 public:
  Slots(std::string_view slots, uint32_t docs)
      : slots_(slots.data()),
        count_(slots.size() / 4),
        doc_bits_(static_cast<uint32_t>(std::bit_width(docs))),
        docs_(docs) {}

  struct Place {
    uint64_t slot = 0;         // where the key is, or the empty one where it belongs
    std::optional<DocId> doc;  // that of the key
    bool corrupt = false;
  };
  // `is_key(doc)`: whether a document has the key. Cost at most one round through the table, whatever it holds.
  template <class IsKey>
  Place Find(uint64_t hash, IsKey&& is_key) const {
    Place place;
    if (count_ == 0) {
      return place;
    }
    const uint64_t doc_mask = (uint64_t{1} << doc_bits_) - 1;
    const uint32_t fingerprint = Entry(hash, 0);
    // The high half of the hash scaled to the table, which has less than 2^32 slots.
    place.slot = (hash >> 32) * count_ >> 32;
    for (uint64_t probes = 0; probes < count_; ++probes) {
      const uint32_t entry = LoadU32(slots_ + place.slot * 4);
      if (entry == 0) {
        return place;
      }
      if ((entry & ~doc_mask) == fingerprint) {
        const uint64_t doc = (entry & doc_mask) - 1;
        if (doc >= docs_) [[unlikely]] {
          break;
        }
        if (is_key(static_cast<DocId>(doc))) {
          place.doc = static_cast<DocId>(doc);
          return place;
        }
      }
      place.slot = place.slot + 1 == count_ ? 0 : place.slot + 1;
    }
    place.corrupt = true;
    return place;
  }
  uint32_t Entry(uint64_t hash, uint32_t doc_and_one) const {
    const uint64_t fingerprint = hash << doc_bits_;
    return static_cast<uint32_t>(fingerprint) | doc_and_one;
  }

 private:
  const char* slots_;
  uint64_t count_;
  uint32_t doc_bits_;
  uint32_t docs_;
};

}  // namespace

Status KeysWriter::Add(std::string_view key) {
  if (docs_ + 1 >= kMaxKeyDocs || key.size() > kMaxBlockBytes - block_keys_.size() ||
      keys_.size() + block_keys_.size() + key.size() > kMaxKeyBytes) {
    return Status::ResourceExhausted("too many keys for a segment");
  }
  block_keys_ += key;
  ends_.push_back(block_keys_.size());
  keyed_docs_ += key.empty() ? 0 : 1;
  ++docs_;
  if (ends_.size() == kKeysPerBlock) {
    EndBlock();
  }
  return Status::Ok();
}

void KeysWriter::EndBlock() {
  uint64_t min_size = kMaxMinSize;
  for (size_t i = 0; i < ends_.size(); ++i) {
    min_size = std::min(min_size, ends_[i] - (i == 0 ? 0 : ends_[i - 1]));
  }
  // Ends grow by at least min_size: only what goes beyond is written.
  const uint64_t excess = ends_.back() - min_size * ends_.size();
  const uint32_t code = excess == 0 ? 0 : excess < 0x100 ? 1 : excess < 0x10000 ? 2 : 3;
  PutU64(&directory_, keys_.size() | uint64_t{code} << 40 | min_size << 42);
  for (size_t i = 0; code != 0 && i < ends_.size(); ++i) {
    const uint64_t end = ends_[i] - min_size * (i + 1);
    keys_.append(reinterpret_cast<const char*>(&end), size_t{1} << (code - 1));
  }
  keys_ += block_keys_;
  block_keys_.clear();
  ends_.clear();
}

void KeysWriter::Finish() {
  if (!ends_.empty()) {
    EndBlock();
  }
  const internal::KeyBlocks blocks(keys_, directory_.data(), docs_);
  std::vector<uint32_t> entries(SlotsFor(keyed_docs_));
  const std::span<const uint32_t> view(entries);
  const Slots slots({reinterpret_cast<const char*>(view.data()), view.size_bytes()}, docs_);
  const auto key_of = [&](DocId doc) {
    return *blocks.KeyOf(blocks.BlockOf(doc), doc % kKeysPerBlock);
  };
  uint32_t distinct = 0;
  for (DocId doc = 0; doc < docs_; ++doc) {
    const std::string_view key = key_of(doc);
    if (key.empty()) {
      continue;
    }
    const uint64_t hash = KeyHash(key);
    const Slots::Place place = slots.Find(hash, [&](DocId other) { return key_of(other) == key; });
    distinct += place.doc ? 0 : 1;
    entries[place.slot] = slots.Entry(hash, doc + 1);
  }
  keys_sink_->Append(keys_);
  keys_sink_->Append(directory_);
  keys_sink_->AppendArray(std::span<const uint32_t>(&distinct, 1));
  table_sink_->AppendArray(view);
}

Result<std::unique_ptr<const KeyTable>> KeyTable::Open(std::string_view keys_section,
                                                       std::string_view table_section,
                                                       uint32_t max_doc) {
  const uint64_t blocks = (uint64_t{max_doc} + kKeysPerBlock - 1) / kKeysPerBlock;
  const uint64_t tail = blocks * 8 + kTrailerBytes;
  if (keys_section.size() < tail) {
    return Status::Corruption("keys: the section is too short for its documents");
  }
  if (table_section.size() % 4 != 0 || table_section.size() / 4 > SlotsFor(max_doc)) {
    return Status::Corruption("key table: the section's size does not fit the documents");
  }
  const size_t directory = keys_section.size() - tail;
  std::unique_ptr<KeyTable> table(new KeyTable);
  table->keys_ = internal::KeyBlocks(keys_section.substr(0, directory),
                                     keys_section.data() + directory, max_doc);
  table->slots_ = table_section;
  table->key_count_ = LoadU32(keys_section.data() + directory + blocks * 8);
  if (table->key_count_ > max_doc || SlotsFor(table->key_count_) > table_section.size() / 4) {
    return Status::Corruption("key table: the number of keys does not fit");
  }
  return std::unique_ptr<const KeyTable>(std::move(table));
}

std::string_view KeyTable::Key(DocId doc) const {
  return KeyOf(keys_.BlockOf(doc), doc % kKeysPerBlock);
}

std::optional<DocId> KeyTable::Find(std::string_view key) const {
  if (key.empty()) {
    return std::nullopt;
  }
  const Slots::Place place =
      Slots(slots_, max_doc()).Find(KeyHash(key), [&](DocId doc) { return Key(doc) == key; });
  if (place.corrupt) [[unlikely]] {
    corrupt_.store(true, std::memory_order_relaxed);
  }
  return place.doc;
}

Status KeyTable::Verify() const {
  uint64_t last_documents = 0;
  std::optional<DocId> lost;
  ForEachKey([&](DocId doc, std::string_view key) {
    const std::optional<DocId> found = Find(key);
    last_documents += found == doc ? 1 : 0;
    if (!lost && (!found || *found < doc)) {
      lost = doc;
    }
  });
  if (lost) {
    return Status::Corruption("key table: does not lead to document " + std::to_string(*lost));
  }
  uint64_t taken = 0;
  for (size_t at = 0; at < slots_.size(); at += 4) {
    taken += LoadU32(slots_.data() + at) != 0 ? 1 : 0;
  }
  if (corrupt() || last_documents != key_count_ || taken != key_count_) {
    return Status::Corruption("key table: keys and table differ");
  }
  return Status::Ok();
}

}  // namespace binseek::codec
