// DescriptorLimit: how many files and sockets the process may have open, and how many of them connections may take.
//
// Without it a thousand idle clients would take what the next commit needs to open its files. Thread-safe free functions.
#ifndef BINSEEK_API_DESCRIPTOR_LIMIT_H_
#define BINSEEK_API_DESCRIPTOR_LIMIT_H_

#include <cstddef>
#include <cstdint>

namespace binseek::api {

// Raises the limit to what the process may raise it to by itself, and gives it; UINT64_MAX: there is none.
uint64_t RaiseDescriptorLimit();

// How many connections fit beside the index's files: `wanted`, or all but 512 descriptors (half of them, where there are few), whichever is less.
size_t ConnectionsWithin(size_t wanted, uint64_t descriptor_limit);

}  // namespace binseek::api

#endif  // BINSEEK_API_DESCRIPTOR_LIMIT_H_
