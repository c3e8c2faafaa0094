// Settings of an index that limit what searches may ask of it. Thread-safe free function.
#ifndef BINSEEK_ENGINE_SEARCH_INDEX_SETTING_H_
#define BINSEEK_ENGINE_SEARCH_INDEX_SETTING_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/index/engine_view.h"

namespace binseek::search {

// The number that the index was given for "index.max_terms_count" and the like; `fallback` where it was given none.
uint64_t IndexSetting(const index::IndexView& index, std::string_view name, uint64_t fallback);
// What all of these indices allow: the least that one of them was given (`fallback` for who was given none), but never above `most`.
uint64_t LeastSetting(std::span<const index::IndexView* const> indices, std::string_view name,
                      uint64_t fallback, uint64_t most);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_INDEX_SETTING_H_
