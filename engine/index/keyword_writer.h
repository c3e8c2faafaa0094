// KeywordWriter: gives the values of an index's keyword fields their ids. The half of the keyword tables that only the writer of an index needs.
//
// Single-threaded: owner is who has the index's claim. What it gives is not published before a view with View() is; Published then makes it stay, Abandon takes it
// back, so a batch that fails leaves nothing.
//
// A field whose values are nearly all different gains nothing from ids, and would hold all its values in memory: it is closed, for good. Its segments keep
// ordinals of their own from then on; those that have ids lose them in the next merge, and with the last of them the table goes (DropUnused).
// Cost of a value: a lookup, some 50 ns.
#ifndef BINSEEK_ENGINE_INDEX_KEYWORD_WRITER_H_
#define BINSEEK_ENGINE_INDEX_KEYWORD_WRITER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/index/keyword_table.h"
#include "engine/mapping/field.h"

namespace binseek::index {

// A field is closed where it has more values than this, and than half the index's documents; or more bytes of values than this, and than 32 a document.
struct KeywordLimits {
  uint64_t values = 65536;
  uint64_t bytes = uint64_t{8} << 20;
};

class KeywordWriter {
 public:
  explicit KeywordWriter(KeywordLimits limits = {}) : limits_(limits) {}

  // See codec::KeywordIdSource. `docs`: how many the index has, those of the segment included; asked where a field has many values.
  bool Give(mapping::FieldId field, std::span<const std::string_view> values,
            const std::function<uint64_t()>& docs, std::vector<uint32_t>* ids);
  std::optional<uint32_t> Find(mapping::FieldId field, std::string_view value) const;

  // What was given since Published.
  bool changed() const { return changed_; }
  std::shared_ptr<const KeywordViews> View() const;  // null: there are no values
  void Published();
  void Abandon();
  // About; of what is given, too.
  size_t memory_bytes() const;
  // Forgets the tables that `is_unused` says yes to, and closes their fields; changed() says whether there was one. To be published, as what is given.
  void DropUnused(const std::function<bool(mapping::FieldId, bool closed)>& is_unused);

  // Values as they were committed, in order. kCorruption: `first` is not the number of those before, or one is there already, or the table is full.
  [[nodiscard]] Status Restore(mapping::FieldId field, uint32_t first,
                               std::span<const std::string_view> values, bool closed);

 private:
  struct Field {
    std::shared_ptr<KeywordTable> table = std::make_shared<KeywordTable>();
    // Open addressing, a power of two. id + 1 in as many low bits as slots need a number, above them bits of its hash; 0: free.
    std::vector<uint32_t> slots;
    std::shared_ptr<KeywordTable>
        dropped;  // what was in place of `table` until it was dropped, not yet published; else null
    uint32_t published = 0;
    bool closed = false;
    bool published_closed = false;
  };

  // Where the value's slot is, or would be. REQUIRES: there are slots.
  static size_t SlotOf(const Field& field, std::string_view value, bool* found);
  static uint32_t IdIn(const Field& field, size_t slot) {
    return (field.slots[slot] & static_cast<uint32_t>(field.slots.size() - 1)) - 1;
  }
  static void Add(Field* field, std::string_view value);
  static void Grow(Field* field);
  bool IsTooMany(const Field& field, uint64_t values, uint64_t bytes,
                 const std::function<uint64_t()>& docs) const;

  KeywordLimits limits_;
  std::map<mapping::FieldId, Field> fields_;
  bool changed_ = false;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_KEYWORD_WRITER_H_
