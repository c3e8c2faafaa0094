#include "sync/pipeline/replica_identity.h"

#include <random>

namespace binseek::pipeline {
namespace {

// Of version 4: random but for what says so.
std::string DrawUuid(std::random_device* random) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string uuid = "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx";
  for (char& c : uuid) {
    c = c == 'x' ? kDigits[(*random)() % 16] : c;
  }
  return uuid;
}

}  // namespace

Result<ReplicaIdentity> KeepReplicaIdentity(const SqliteDatabase& database,
                                            change::SourceId source) {
  std::random_device random;
  // Another source may have drawn the same id.
  for (int tries = 0; tries < 4; ++tries) {
    const std::string uuid = DrawUuid(&random);
    BINSEEK_ASSIGN_OR_RETURN(const auto draw,
                             database.Prepare("INSERT OR IGNORE INTO replicas VALUES(?1, ?2, ?3)"));
    draw->Bind(1, int64_t{static_cast<uint16_t>(source)});
    draw->Bind(2, uuid);
    draw->Bind(3, int64_t{0x40000000} + random() % 0x80000000);
    BINSEEK_RETURN_IF_ERROR(draw->Run());
    BINSEEK_ASSIGN_OR_RETURN(
        const auto read, database.Prepare("SELECT uuid, server_id FROM replicas WHERE source=?1"));
    read->Bind(1, int64_t{static_cast<uint16_t>(source)});
    BINSEEK_ASSIGN_OR_RETURN(const bool found, read->Step());
    if (found) {
      return ReplicaIdentity{read->Text(0), static_cast<uint32_t>(read->Int(1))};
    }
  }
  return Status::Corruption(database.file() + ": no identity is kept");
}

}  // namespace binseek::pipeline
