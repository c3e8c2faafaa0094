#include "sync/binlog/event_decoder.h"

#include <algorithm>
#include <bit>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "sync/binlog/crc32.h"

namespace binseek::binlog {
namespace {

constexpr size_t kChecksumBytes = 4;
constexpr uint8_t kChecksumCrc32 = 1;

bool ChecksumMatches(std::string_view bytes, const EventHeader& header) {
  constexpr size_t kFlagsAt = 17;
  const std::string_view covered = bytes.substr(0, bytes.size() - kChecksumBytes);
  const uint32_t wanted = LoadU32(bytes.data() + covered.size());
  if (header.type != EventType::kFormatDescription || (header.flags & kFlagInUse) == 0) {
    return Crc32(covered, 0) == wanted;
  }
  // The flag is set when the file is opened, after the checksum was made.
  const char flags = static_cast<char>(covered[kFlagsAt] & ~static_cast<char>(kFlagInUse));
  uint32_t crc = Crc32(covered.substr(0, kFlagsAt), 0);
  crc = Crc32(std::string_view(&flags, 1), crc);
  return Crc32(covered.substr(kFlagsAt + 1), crc) == wanted;
}

// Unsigned integer of the mysql::serialization library: as many 1 bits at the low end of the first byte as bytes
// follow it.
uint64_t SerializedInt(ByteReader* reader) {
  const uint8_t first = reader->U8();
  const int extra = std::countr_one(first);
  if (extra == 8) {
    return reader->U64();
  }
  const uint64_t rest = reader->UintLe(extra);
  return extra == 7 ? rest : (rest << 8 | first) >> (extra + 1);
}

// Of the session that logged a statement, what decides how its text is read. Variables are written in the order of their
// appearance in the servers: one that is not known ends the list, as its size is not known either.
void ReadStatusVariables(ByteReader reader, QueryEvent* query) {
  enum : uint8_t {
    kFlags2 = 0,
    kSqlMode = 1,
    kCatalog = 2,
    kAutoIncrement = 3,
    kCharset = 4,
    kTimeZone = 5,
    kCatalogWithoutNul = 6,
  };
  while (!reader.AtEnd()) {
    switch (reader.U8()) {
      case kFlags2:
        reader.U32();
        break;
      case kSqlMode:
        query->sql_mode = reader.U64();
        break;
      case kCatalog:
        reader.Skip(reader.U8() + size_t{1});
        break;
      case kAutoIncrement:
        reader.U32();
        break;
      case kCharset:
        query->client_collation = reader.U16();
        reader.U32();  // of the connection and of the server
        break;
      case kTimeZone:
      case kCatalogWithoutNul:
        reader.Skip(reader.U8());
        break;
      default:
        return;
    }
  }
}

struct TypeName {
  EventType type;
  const char* name;
};

constexpr TypeName kNames[] = {
    {EventType::kQuery, "QUERY"},
    {EventType::kRotate, "ROTATE"},
    {EventType::kFormatDescription, "FORMAT_DESCRIPTION"},
    {EventType::kTableMap, "TABLE_MAP"},
    {EventType::kWriteRowsV0, "WRITE_ROWS_V0"},
    {EventType::kUpdateRowsV0, "UPDATE_ROWS_V0"},
    {EventType::kDeleteRowsV0, "DELETE_ROWS_V0"},
    {EventType::kWriteRowsV1, "WRITE_ROWS_V1"},
    {EventType::kUpdateRowsV1, "UPDATE_ROWS_V1"},
    {EventType::kDeleteRowsV1, "DELETE_ROWS_V1"},
    {EventType::kIncident, "INCIDENT"},
    {EventType::kWriteRows, "WRITE_ROWS"},
    {EventType::kUpdateRows, "UPDATE_ROWS"},
    {EventType::kDeleteRows, "DELETE_ROWS"},
    {EventType::kGtid, "GTID"},
    {EventType::kXaPrepare, "XA_PREPARE"},
    {EventType::kPartialUpdateRows, "PARTIAL_UPDATE_ROWS"},
    {EventType::kTransactionPayload, "TRANSACTION_PAYLOAD"},
    {EventType::kGtidTagged, "GTID_TAGGED"},
    {EventType::kAppendBlock, "APPEND_BLOCK"},
    {EventType::kDeleteFile, "DELETE_FILE"},
    {EventType::kBeginLoadQuery, "BEGIN_LOAD_QUERY"},
    {EventType::kExecuteLoadQuery, "EXECUTE_LOAD_QUERY"},
    {EventType::kMariadbPartialRowData, "PARTIAL_ROW_DATA"},
};

}  // namespace

std::string EventName(EventType type) {
  const auto found = std::find_if(std::begin(kNames), std::end(kNames),
                                  [&](const TypeName& name) { return name.type == type; });
  return found != std::end(kNames) ? found->name
                                   : "event type " + std::to_string(static_cast<int>(type));
}

Result<Event> SplitEvent(std::string_view bytes, bool checksums) {
  ByteReader reader(bytes);
  Event event;
  EventHeader& header = event.header;
  header.timestamp = reader.U32();
  header.type = static_cast<EventType>(reader.U8());
  header.server_id = reader.U32();
  header.size = reader.U32();
  header.log_pos = reader.U32();
  header.flags = reader.U16();
  if (reader.ok() && header.size != bytes.size()) {
    reader.Fail("size " + std::to_string(header.size) + " in the header of " +
                std::to_string(bytes.size()) + " bytes");
  }
  event.body = reader.Rest();
  if (header.type == EventType::kFormatDescription) {
    // It tells itself whether checksums follow; its own is there in any case, and right only if they do.
    checksums =
        event.body.size() > kChecksumBytes &&
        static_cast<uint8_t>(event.body[event.body.size() - kChecksumBytes - 1]) == kChecksumCrc32;
  } else if (checksums && reader.ok()) {
    if (event.body.size() < kChecksumBytes) {
      reader.Fail("no room for a checksum");
    } else {
      event.body.remove_suffix(kChecksumBytes);
    }
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("binlog event"));
  if (checksums && !ChecksumMatches(bytes, header)) {
    return Status::Corruption(EventName(header.type) + ": wrong checksum (log position " +
                              std::to_string(header.log_pos) + ")");
  }
  return event;
}

Result<FormatDescription> DecodeFormatDescription(std::string_view body) {
  ByteReader reader(body);
  FormatDescription format;
  format.version = reader.U16();
  const std::string_view version = reader.Bytes(50);
  format.server_version.assign(version.substr(0, version.find('\0')));
  reader.U32();  // time of creation
  const uint8_t header_bytes = reader.U8();
  if (reader.ok() && (format.version != 4 || header_bytes != kEventHeaderBytes)) {
    reader.Fail("binlog version " + std::to_string(format.version) + " is not supported");
  }
  std::string_view lengths = reader.Rest();
  if (lengths.size() > kChecksumBytes) {
    format.checksums =
        static_cast<uint8_t>(lengths[lengths.size() - kChecksumBytes - 1]) == kChecksumCrc32;
    lengths.remove_suffix(kChecksumBytes + 1);
  }
  format.post_header_lengths.assign(lengths.begin(), lengths.end());
  BINSEEK_RETURN_IF_ERROR(reader.status("FORMAT_DESCRIPTION"));
  return format;
}

Result<RotateEvent> DecodeRotate(std::string_view body) {
  ByteReader reader(body);
  RotateEvent rotate;
  rotate.position = reader.U64();
  rotate.file = reader.Rest();
  BINSEEK_RETURN_IF_ERROR(reader.status("ROTATE"));
  return rotate;
}

Result<QueryEvent> DecodeQuery(std::string_view body, bool load) {
  constexpr size_t kLoadBytes =
      13;  // id of a file, two places in the text, what to do with duplicates
  ByteReader reader(body);
  QueryEvent query;
  reader.U32();  // thread
  reader.U32();  // seconds it ran
  const uint8_t database_bytes = reader.U8();
  reader.U16();  // error code
  const uint16_t variable_bytes = reader.U16();
  reader.Skip(load ? kLoadBytes : 0);
  ReadStatusVariables(ByteReader(reader.Bytes(variable_bytes)), &query);
  query.database = reader.Bytes(database_bytes);
  reader.U8();
  query.sql = reader.Rest();
  BINSEEK_RETURN_IF_ERROR(reader.status("QUERY"));
  return query;
}

Result<HeartbeatEvent> DecodeHeartbeat(const Event& event, bool mariadb) {
  ByteReader reader(event.body);
  HeartbeatEvent heartbeat;
  if (event.header.type == EventType::kHeartbeatV2) {
    enum : uint64_t { kEnd = 0, kFile = 1, kPosition = 2 };
    for (uint64_t field = reader.LenEnc(); reader.ok() && field != kEnd; field = reader.LenEnc()) {
      ByteReader value(reader.LenEncBytes());
      if (field == kFile) {
        heartbeat.file = value.Rest();
      } else if (field == kPosition) {
        heartbeat.position = value.LenEnc();
      }
      BINSEEK_RETURN_IF_ERROR(value.status("HEARTBEAT field"));
    }
  } else {
    heartbeat.position = event.header.log_pos;
    // Beyond 4 GiB, MariaDB leaves the header's position out and puts all of it before the name.
    if (mariadb && heartbeat.position == 0 && reader.remaining() > sizeof(uint64_t)) {
      heartbeat.position = reader.U64();
    }
    heartbeat.file = reader.Rest();
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("HEARTBEAT"));
  return heartbeat;
}

Result<GtidEvent> DecodeGtid(std::string_view body) {
  constexpr uint64_t kOriginalFollows = uint64_t{1} << 55;
  ByteReader reader(body);
  GtidEvent gtid;
  reader.U8();  // flags
  const std::string_view uuid = reader.Bytes(gtid.uuid.size());
  std::copy(uuid.begin(), uuid.end(), gtid.uuid.begin());
  gtid.gno = reader.U64();
  // What follows came with later versions, in steps.
  if (reader.remaining() >= 17) {
    reader.Skip(17);  // logical clock
    if (reader.remaining() >= 7) {
      const uint64_t immediate = reader.UintLe(7);
      gtid.immediate_commit_us = static_cast<int64_t>(immediate & (kOriginalFollows - 1));
      if ((immediate & kOriginalFollows) != 0) {
        gtid.original_commit_us = static_cast<int64_t>(reader.UintLe(7));
        gtid.tells_original = true;
      }
      if (!reader.AtEnd()) {
        gtid.transaction_length = reader.LenEnc();
      }
    }
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("GTID"));
  return gtid;
}

Result<GtidEvent> DecodeGtidTagged(std::string_view body) {
  ByteReader reader(body);
  GtidEvent gtid;
  const uint64_t version = SerializedInt(&reader);
  SerializedInt(&reader);  // size of the message
  SerializedInt(&reader);  // last field that may not be ignored
  if (reader.ok() && version != 1) {
    reader.Fail("serialisation version " + std::to_string(version));
  }
  while (reader.ok() && !reader.AtEnd()) {
    const uint64_t field = SerializedInt(&reader);
    switch (field) {
      case 1:
        for (uint8_t& byte : gtid.uuid) {
          byte = static_cast<uint8_t>(SerializedInt(&reader));
        }
        break;
      case 2:
        gtid.gno = static_cast<uint64_t>(ZigZagDecode(SerializedInt(&reader)));
        break;
      case 3:
        gtid.tag = reader.Bytes(SerializedInt(&reader));
        break;
      case 6:
        gtid.immediate_commit_us = static_cast<int64_t>(SerializedInt(&reader));
        break;
      case 7:
        gtid.original_commit_us = static_cast<int64_t>(SerializedInt(&reader));
        gtid.tells_original = true;
        break;
      case 8:
        gtid.transaction_length = SerializedInt(&reader);
        break;
      default:
        // 0 flags, 4 and 5 logical clock, 9 and 10 server versions, and what later versions add: integers all.
        SerializedInt(&reader);
    }
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("GTID_TAGGED"));
  return gtid;
}

Result<MariadbGtidEvent> DecodeMariadbGtid(std::string_view body) {
  ByteReader reader(body);
  MariadbGtidEvent gtid;
  gtid.sequence = reader.U64();
  gtid.domain = reader.U32();
  gtid.flags = reader.U8();
  BINSEEK_RETURN_IF_ERROR(reader.status("MARIADB_GTID"));
  return gtid;
}

Result<XaPrepareEvent> DecodeXaPrepare(std::string_view body) {
  ByteReader reader(body);
  XaPrepareEvent prepare;
  prepare.one_phase = reader.U8() != 0;
  const uint32_t format = reader.U32();
  const uint32_t global_bytes = reader.U32();
  const uint32_t branch_bytes = reader.U32();
  const std::string_view global = reader.Bytes(global_bytes);
  prepare.name = XaName(format, global, reader.Bytes(branch_bytes));
  BINSEEK_RETURN_IF_ERROR(reader.status("XA_PREPARE"));
  return prepare;
}

std::string XaName(uint64_t format, std::string_view global, std::string_view branch) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name = std::to_string(format);
  for (const std::string_view part : {global, branch}) {
    name.push_back(',');
    for (const char c : part) {
      name.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
      name.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
    }
  }
  return name;
}

Result<IncidentEvent> DecodeIncident(std::string_view body) {
  ByteReader reader(body);
  IncidentEvent incident;
  incident.number = reader.U16();
  incident.message = reader.Bytes(reader.U8());
  BINSEEK_RETURN_IF_ERROR(reader.status("INCIDENT"));
  return incident;
}

bool IsInformational(EventType type) {
  switch (type) {
    case EventType::kStop:
    case EventType::kIntvar:
    case EventType::kRand:
    case EventType::kUserVar:
    case EventType::kBeginLoadQuery:
    case EventType::kAppendBlock:
    case EventType::kDeleteFile:
    case EventType::kIgnorable:
    case EventType::kRowsQuery:
    case EventType::kPreviousGtids:
    case EventType::kTransactionContext:
    case EventType::kViewChange:
    case EventType::kMariadbAnnotate:
    case EventType::kMariadbCheckpoint:
    case EventType::kMariadbGtidList:
    case EventType::kMariadbStartEncryption:
      return true;
    default:
      return false;
  }
}

}  // namespace binseek::binlog
