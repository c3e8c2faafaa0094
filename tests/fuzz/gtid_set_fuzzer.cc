// GTID sets and positions of both servers, from text and from the wire: what parses prints as what parses equal, and
// the set operations keep their laws.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sync/change/gtid_set.h"
#include "sync/change/position.h"

namespace {

using binseek::change::GtidSet;
using binseek::change::MariadbGtidPosition;
using binseek::change::SourcePosition;

void Expect(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void CheckPair(const GtidSet& a, const GtidSet& b) {
  GtidSet both = a;
  both.Union(b);
  Expect(both.Contains(a) && both.Contains(b));
  const GtidSet rest = both.Subtract(b);
  Expect(a.Contains(rest));
  GtidSet again = rest;
  again.Union(b);
  Expect(again == both);
  Expect(a.Subtract(a).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t half = bytes.find('|');
  const auto set = GtidSet::Parse(bytes.substr(0, half));
  if (set.ok()) {
    const auto again = GtidSet::Parse(set->ToString());
    Expect(again.ok() && *again == *set);
    const auto decoded = GtidSet::DecodeWire(set->EncodeWire());
    Expect(decoded.ok() && *decoded == *set);
    if (half != std::string_view::npos) {
      const auto other = GtidSet::Parse(bytes.substr(half + 1));
      if (other.ok()) {
        CheckPair(*set, *other);
      }
    }
  }
  const auto wire = GtidSet::DecodeWire(bytes);
  if (wire.ok()) {
    const auto again = GtidSet::DecodeWire(wire->EncodeWire());
    Expect(again.ok() && *again == *wire);
  }
  const auto mariadb = MariadbGtidPosition::Parse(bytes);
  if (mariadb.ok()) {
    const auto again = MariadbGtidPosition::Parse(mariadb->ToString());
    Expect(again.ok() && *again == *mariadb && mariadb->Contains(*again));
  }
  const auto position = SourcePosition::Parse(bytes);
  if (position.ok()) {
    const auto again = SourcePosition::Parse(position->Encode());
    Expect(again.ok() && again->Encode() == position->Encode());
  }
  return 0;
}
