// NearestName: what a mistyped name was probably meant to be.
//
// Pure functions, thread-safe.
#ifndef BINSEEK_API_NEAREST_NAME_H_
#define BINSEEK_API_NEAREST_NAME_H_

#include <span>
#include <string_view>

namespace binseek::api {

// The candidate with the fewest edits (insert, delete, replace, swap of neighbours) from `name`; empty where none is near enough
// to be meant. Borrowed from `candidates`. Cost: the product of lengths per candidate; names over 64 bytes are near nothing.
std::string_view NearestName(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace binseek::api

#endif  // BINSEEK_API_NEAREST_NAME_H_
