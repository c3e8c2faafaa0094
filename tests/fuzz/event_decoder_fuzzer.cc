// A binlog stream, event by event, through the decoder and the assembler. The first byte chooses the server, and whether its table is
// system-versioned.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/base/coding.h"
#include "engine/base/log.h"
#include "engine/base/result.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/transaction_assembler.h"
#include "tests/support/sample_table.h"

namespace {

constexpr size_t kSizeAt = 9;

void DecodeAlone(std::string_view bytes) {
  const auto event = binseek::binlog::SplitEvent(bytes, false);
  if (!event.ok()) {
    return;
  }
  const std::string_view body = event->body;
  (void)binseek::binlog::DecodeFormatDescription(body).ok();
  (void)binseek::binlog::DecodeRotate(body).ok();
  (void)binseek::binlog::DecodeQuery(body, false).ok();
  (void)binseek::binlog::DecodeQuery(body, true).ok();
  (void)binseek::binlog::DecodeGtid(body).ok();
  (void)binseek::binlog::DecodeGtidTagged(body).ok();
  (void)binseek::binlog::DecodeMariadbGtid(body).ok();
  (void)binseek::binlog::DecodeXaPrepare(body).ok();
  (void)binseek::binlog::DecodeIncident(body).ok();
  (void)binseek::binlog::DecodeHeartbeat(*event, false).ok();
  (void)binseek::binlog::DecodeHeartbeat(*event, true).ok();
  (void)binseek::binlog::DecodeRowsFragment(body).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  binseek::SetLogLevel(binseek::LogLevel::kError);
  binseek::binlog::AssemblerOptions options;
  const bool mariadb = (data[0] & 1) != 0;
  options.start.flavor =
      mariadb ? binseek::change::Flavor::kMariadb : binseek::change::Flavor::kMysql;
  options.spill.memory_bytes = 1 << 20;
  options.max_event_bytes = 1 << 20;
  auto table = binseek::test::SampleTable(mariadb);
  if ((data[0] & 2) != 0) {
    auto versioned = std::make_shared<binseek::change::TableSchema>(*table);
    versioned->versioning = (data[0] & 4) != 0 ? binseek::change::Versioning::kHidden
                                               : binseek::change::Versioning::kColumn;
    table = versioned;
  }
  options.cascades_from = [](std::string_view, std::string_view) { return true; };
  options.schema_provider = [&](std::string_view, std::string_view name) {
    return name == "product" ? table : nullptr;
  };
  binseek::binlog::TransactionAssembler assembler(options);
  assembler.BeginStream(false);
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  while (rest.size() >= binseek::binlog::kEventHeaderBytes) {
    const size_t event_size =
        std::min<size_t>(binseek::LoadU32(rest.data() + kSizeAt), rest.size());
    const std::string_view event = rest.substr(0, std::max<size_t>(event_size, 1));
    DecodeAlone(event);
    if (!assembler.Feed(event).ok()) {
      assembler.BeginStream(false);
    }
    rest.remove_prefix(event.size());
  }
  return 0;
}
