// Settings of an index that limit what searches may ask of it. Thread-safe free function.
#ifndef BINSEEK_ENGINE_SEARCH_INDEX_SETTING_H_
#define BINSEEK_ENGINE_SEARCH_INDEX_SETTING_H_

#include <cstdint>
#include <string_view>

#include "engine/index/engine_view.h"

namespace binseek::search {

// The number that the index was given for "index.max_terms_count" and the like; `fallback` where it was given none.
uint64_t IndexSetting(const index::IndexView& index, std::string_view name, uint64_t fallback);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_INDEX_SETTING_H_
