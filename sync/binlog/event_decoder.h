// Splits a binlog stream's bytes into events and decodes all but table maps and rows.
//
// Thread-compatible; the functions are pure. Errors: kCorruption naming the event and the offset within it (short, or a
// wrong checksum). Cost: one pass over the bytes for the checksum, no copies.
#ifndef BINSEEK_SYNC_BINLOG_EVENT_DECODER_H_
#define BINSEEK_SYNC_BINLOG_EVENT_DECODER_H_

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/binlog/event.h"

namespace binseek::binlog {

// "TABLE_MAP", or "event type 77".
std::string EventName(EventType type);

// Checks the frame of one event (header to checksum) and takes it apart. `checksums`: as the last format description
// or, before the first, the negotiation says.
Result<Event> SplitEvent(std::string_view bytes, bool checksums);

Result<FormatDescription> DecodeFormatDescription(std::string_view body);
Result<RotateEvent> DecodeRotate(std::string_view body);
// `load`: the event is an EXECUTE_LOAD_QUERY, which holds a little more before its text.
Result<QueryEvent> DecodeQuery(std::string_view body, bool load);
// 27 and 41. `log_pos`: of the header, which has no room for a position beyond 4 GiB.
Result<HeartbeatEvent> DecodeHeartbeat(const Event& event, bool mariadb);
Result<GtidEvent> DecodeGtid(std::string_view body);
Result<GtidEvent> DecodeGtidTagged(std::string_view body);
Result<MariadbGtidEvent> DecodeMariadbGtid(std::string_view body);
Result<XaPrepareEvent> DecodeXaPrepare(std::string_view body);
// One form for an XA transaction's name, whether an event holds its bytes or a statement its literals: "1,6f6e65,".
std::string XaName(uint64_t format, std::string_view global, std::string_view branch);
Result<RowsFragment> DecodeRowsFragment(std::string_view body);
Result<IncidentEvent> DecodeIncident(std::string_view body);

// Whether the type says nothing about rows, positions or transactions.
bool IsInformational(EventType type);
bool IsRowsEvent(EventType type);
// REQUIRES: IsRowsEvent(event.header.type).
Result<RowsEvent> DecodeRows(const Event& event, const FormatDescription& format);

// REQUIRES: as DecodeRows. Looks at the event's head alone.
Result<RowsFlags> DecodeRowsFlags(const Event& event, const FormatDescription& format);

// Table id of a rows or table map event, for tables whose rows nobody wants.
Result<uint64_t> DecodeTableId(const Event& event, const FormatDescription& format);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_EVENT_DECODER_H_
