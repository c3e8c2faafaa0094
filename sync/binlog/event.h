// The events of both servers' binlogs as plain structs.
//
// Views point into the bytes that were decoded and live as long as they do.
#ifndef BINSEEK_SYNC_BINLOG_EVENT_H_
#define BINSEEK_SYNC_BINLOG_EVENT_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace binseek::binlog {

// Numbers as they are on the wire. Others exist; what is not named here is never needed.
enum class EventType : uint8_t {
  kUnknown = 0,
  kQuery = 2,
  kStop = 3,
  kRotate = 4,
  kIntvar = 5,
  kLoad = 6,
  kAppendBlock = 9,
  kDeleteFile = 11,
  kRand = 13,
  kUserVar = 14,
  kFormatDescription = 15,
  kXid = 16,
  kBeginLoadQuery = 17,
  kExecuteLoadQuery = 18,
  kTableMap = 19,
  kWriteRowsV0 = 20,
  kUpdateRowsV0 = 21,
  kDeleteRowsV0 = 22,
  kWriteRowsV1 = 23,
  kUpdateRowsV1 = 24,
  kDeleteRowsV1 = 25,
  kIncident = 26,
  kHeartbeat = 27,
  kIgnorable = 28,
  kRowsQuery = 29,
  kWriteRows = 30,
  kUpdateRows = 31,
  kDeleteRows = 32,
  kGtid = 33,
  kAnonymousGtid = 34,
  kPreviousGtids = 35,
  kTransactionContext = 36,
  kViewChange = 37,
  kXaPrepare = 38,
  kPartialUpdateRows = 39,
  kTransactionPayload = 40,
  kHeartbeatV2 = 41,
  kGtidTagged = 42,
  kMariadbAnnotate = 160,
  kMariadbCheckpoint = 161,
  kMariadbGtid = 162,
  kMariadbGtidList = 163,
  kMariadbStartEncryption = 164,
  kMariadbQueryCompressed = 165,
  kMariadbWriteRowsCompressedV1 = 166,
  kMariadbUpdateRowsCompressedV1 = 167,
  kMariadbDeleteRowsCompressedV1 = 168,
  kMariadbWriteRowsCompressed = 169,
  kMariadbUpdateRowsCompressed = 170,
  kMariadbDeleteRowsCompressed = 171,
  kMariadbPartialRowData = 172,
};

inline constexpr size_t kEventHeaderBytes = 19;

// Flags of the header.
inline constexpr uint16_t kFlagInUse = 0x1;  // of a format description: the file is not closed
inline constexpr uint16_t kFlagTemporaryTable =
    0x4;  // of a statement: it concerns tables that only its session sees
inline constexpr uint16_t kFlagArtificial = 0x20;  // made for this stream, in no file
inline constexpr uint16_t kFlagIgnorable = 0x80;   // may be skipped by who does not know it

struct EventHeader {
  uint32_t timestamp = 0;  // seconds, server's clock
  EventType type = EventType::kUnknown;
  uint32_t server_id = 0;
  uint32_t size = 0;     // with header and checksum
  uint32_t log_pos = 0;  // end of the event, low 32 bits; 0: not told
  uint16_t flags = 0;
};

struct Event {
  EventHeader header;
  std::string_view body;  // without header and checksum
};

struct FormatDescription {
  uint16_t version = 0;
  std::string server_version;
  std::vector<uint8_t> post_header_lengths;  // by event type, from 1
  bool checksums = false;                    // every event ends with a CRC32

  // 6, but 4 in formats of long ago.
  int table_id_bytes() const {
    constexpr size_t kTableMap = static_cast<size_t>(EventType::kTableMap);
    return post_header_lengths.size() >= kTableMap && post_header_lengths[kTableMap - 1] == 6 ? 4
                                                                                              : 6;
  }
};

struct RotateEvent {
  uint64_t position = 4;
  std::string_view file;
};

struct QueryEvent {
  std::string_view database;  // the session's default
  std::string_view sql;       // in the character set of `client_collation`
  // Of the session, where the event tells:
  uint64_t sql_mode = 0;
  uint32_t client_collation = 0;
};

// 33, 34, 42
struct GtidEvent {
  std::array<uint8_t, 16> uuid{};
  std::string_view tag;
  uint64_t gno = 0;
  int64_t immediate_commit_us = 0;
  int64_t original_commit_us = 0;  // 0: not told, or told that it is not known
  bool tells_original = false;     // of a copy; elsewhere it is the immediate one
  uint64_t transaction_length = 0;
};

struct MariadbGtidEvent {
  uint64_t sequence = 0;
  uint32_t domain = 0;
  uint8_t flags = 0;
  bool standalone() const { return (flags & 1) != 0; }  // one event follows, without COMMIT
  bool prepares_xa() const { return (flags & 0x40) != 0; }
};

struct XaPrepareEvent {
  bool one_phase = false;  // XA COMMIT ... ONE PHASE: committed here and now
  std::string name;        // see XaName
};

struct HeartbeatEvent {
  std::string_view file;
  uint64_t position = 0;  // 0: not told
};

struct IncidentEvent {
  uint16_t number = 0;
  std::string_view message;
};

enum class RowsKind : uint8_t { kWrite, kUpdate, kDelete };

// What a rows event says of foreign keys.
struct RowsFlags {
  RowsKind kind = RowsKind::kWrite;
  bool no_foreign_key_checks = false;  // nothing cascades
  bool cascades_logged = false;        // what cascades has events of its own
};

// A piece of a rows event that MariaDB 12.3 cut up.
struct RowsFragment {
  uint32_t count = 0;   // of the event's pieces
  uint32_t number = 0;  // from 1
  std::string_view bytes;
};

struct RowsEvent {
  RowsKind kind = RowsKind::kWrite;
  uint64_t table_id = 0;
  bool statement_end = false;
  bool compressed = false;
  bool partial = false;  // the image after may hold differences of JSON columns
  uint64_t columns = 0;
  std::string_view present;        // bitmap: of the only image; of the image before for updates
  std::string_view present_after;  // updates only
  std::string_view rows;           // still compressed where `compressed`
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_EVENT_H_
