// GTID sets of both servers: MySQL's intervals by uuid (and tag), MariaDB's last sequence number per domain.
//
// Thread-compatible value types. Parsing is bounded by the input's length; errors are kInvalidArgument naming the place.
#ifndef BINSEEK_SYNC_CHANGE_GTID_SET_H_
#define BINSEEK_SYNC_CHANGE_GTID_SET_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace binseek::change {

// MySQL's GTID set: per (source uuid, tag) disjoint, ascending, half-open intervals of transaction numbers.
class GtidSet {
 public:
  struct Sid {
    std::array<uint8_t, 16> uuid{};
    std::string tag;  // lower case; empty: untagged
    // What the compiler makes of it compares with 0, which clang-tidy 14 takes for a null pointer.
    auto operator<=>(const Sid&) const = default;  // NOLINT(modernize-use-nullptr)
  };
  using Intervals = std::vector<std::pair<uint64_t, uint64_t>>;  // [first, end)

  // "3E11FA47-...:1-18:20:batch:1, ..." as the server prints it (white space and line ends allowed); "" is the empty set.
  static Result<GtidSet> Parse(std::string_view text);
  // Canonical: uuids lower case and sorted, intervals merged, no white space.
  std::string ToString() const;

  void Add(const Sid& sid, uint64_t first, uint64_t end);
  // Adds one "uuid:gno" or "uuid:tag:gno".
  Status AddGtid(std::string_view gtid);
  void Union(const GtidSet& other);
  bool Contains(const Sid& sid, uint64_t gno) const;
  bool ContainsGtid(std::string_view gtid) const;  // false where it does not parse
  bool Contains(const GtidSet& subset) const;
  GtidSet Subtract(const GtidSet& other) const;
  bool empty() const { return sids_.empty(); }
  const std::map<Sid, Intervals>& sids() const { return sids_; }

  // Wire form of COM_BINLOG_DUMP_GTID and of PREVIOUS_GTIDS (tagged form only where a tag exists). Decode: kCorruption.
  std::string EncodeWire() const;
  static Result<GtidSet> DecodeWire(std::string_view bytes);

  bool operator==(const GtidSet&) const = default;

 private:
  std::map<Sid, Intervals> sids_;
};

// MariaDB's position: the last GTID of each replication domain.
class MariadbGtidPosition {
 public:
  struct Last {
    uint32_t server_id = 0;
    uint64_t sequence = 0;
    bool operator==(const Last&) const = default;
  };
  static Result<MariadbGtidPosition> Parse(std::string_view text);  // "0-1011-15,7-1011-1"
  std::string ToString() const;
  Status AddGtid(std::string_view gtid);  // "0-1011-15"
  // True where every domain of `other` is here at the same or a later sequence number (server ids do not count).
  bool Contains(const MariadbGtidPosition& other) const;
  bool empty() const { return domains_.empty(); }
  const std::map<uint32_t, Last>& domains() const { return domains_; }
  bool operator==(const MariadbGtidPosition&) const = default;

 private:
  std::map<uint32_t, Last> domains_;
};

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_GTID_SET_H_
