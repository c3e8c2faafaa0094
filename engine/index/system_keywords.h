// The keywords that the engine itself gives documents: what is in them, and whose documents a source table's are.
//
// Thread-safe free functions on immutable views.
#ifndef BINSEEK_ENGINE_INDEX_SYSTEM_KEYWORDS_H_
#define BINSEEK_ENGINE_INDEX_SYSTEM_KEYWORDS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
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

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SYSTEM_KEYWORDS_H_
