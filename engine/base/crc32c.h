// CRC-32C (Castagnoli, polynomial 0x1EDC6F41): the checksum of every file that we write.
//
// Extends: Crc32c(b, Crc32c(a)) == Crc32c(ab). Check value: Crc32c("123456789") == 0xE3069283.
// Thread-safe. Cost: about 0.1 ns/byte where the processor has SSE4.2 (found at run time), else 1.
#ifndef BINSEEK_ENGINE_BASE_CRC32C_H_
#define BINSEEK_ENGINE_BASE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace binseek {

uint32_t Crc32c(std::string_view bytes, uint32_t seed = 0);

namespace internal {

// The two implementations, for the test that they agree.
uint32_t Crc32cTable(std::string_view bytes, uint32_t seed);
bool HasHardwareCrc32c();
uint32_t Crc32cHardware(std::string_view bytes, uint32_t seed);  // REQUIRES: HasHardwareCrc32c()

}  // namespace internal
}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_CRC32C_H_
