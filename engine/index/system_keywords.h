// The keywords that the engine itself gives documents: what is in them, and whose documents a source table's are.
//
// Thread-safe free functions on immutable views; TableKeys is thread-compatible.
#ifndef BINSEEK_ENGINE_INDEX_SYSTEM_KEYWORDS_H_
#define BINSEEK_ENGINE_INDEX_SYSTEM_KEYWORDS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/postings_reader.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/field.h"

namespace binseek::index {

// The document's values of kRoutingField, kIgnoredField or kSourceTableField, ascending; mostly none. kCorruption.
[[nodiscard]] Status ReadSystemKeywords(const SegmentView& segment, DocId doc,
                                        mapping::FieldId field, std::vector<std::string>* values);

// Calls `visit` with the key of every live document that was written under this Operation::source_table, in the order of segments and documents; of
// blocks their roots'. Several tables may feed one index, so what concerns a table (TRUNCATE, orphans, a new snapshot) asks for its keys alone.
// The key is borrowed from the view. Errors: kCorruption, after which some keys were given. Cost: a look into each segment's dictionary, and its documents.
[[nodiscard]] Status VisitKeysOfTable(const IndexView& index, std::string_view source_table,
                                      const std::function<void(std::string_view)>& visit);

// The same keys piece by piece, of those documents alone whose version is below a bound. All are of one view, which it holds: what is written
// meanwhile, and what is deleted of the pieces before, changes nothing of what comes.
class TableKeys {
 public:
  // Of an index that the view does not have there are none.
  TableKeys(std::shared_ptr<const EngineView> view, IndexId index, std::string source_table,
            int64_t below_version);

  // At most `most` further keys; none: the end. kCorruption.
  [[nodiscard]] Result<std::vector<std::string>> Next(size_t most);

 private:
  // To the next segment that has documents of the table; false: there is none.
  Result<bool> NextSegment();

  const std::shared_ptr<const EngineView> view_;
  const IndexView* const index_;
  const std::string source_table_;
  const int64_t below_version_;
  size_t next_segment_ = 0;
  const SegmentView* segment_ = nullptr;  // that `postings_` are of; null: none yet, or no more
  codec::BlockPostings postings_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SYSTEM_KEYWORDS_H_
