// DeadLetterTable: the table of dead letters in the state store's SQLite file, as statements, and the one of rows whose letters were discarded.
//
// Single-threaded: under the store's lock. Borrows the database. Writes join the transaction that is open, if one is.
// Errors: as SqliteDatabase.
#ifndef BINSEEK_SYNC_PIPELINE_DEAD_LETTER_TABLE_H_
#define BINSEEK_SYNC_PIPELINE_DEAD_LETTER_TABLE_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/pipeline/sqlite_database.h"

namespace binseek::pipeline {

struct DeadLetter {
  std::string table;  // "database.table"
  std::string key;
  std::string position;  // GTID where there is one, else file:offset; "snapshot" for chunk rows
  std::string reason;
  int64_t first_seen_ms = 0;
  int64_t last_seen_ms = 0;
  uint64_t count = 0;  // how often it was met, replays included
  change::SourceId source{};

  bool operator==(const DeadLetter&) const = default;
};

// Which letters; what is not given does not matter.
struct DeadLetterFilter {
  std::optional<std::string> table;
  std::optional<std::string> key;
  std::optional<change::SourceId> source = std::nullopt;
};

struct DeadLetterPage {
  uint64_t total = 0;  // of the filter, not of the page
  std::vector<DeadLetter> letters;
};

class DeadLetterTable {
 public:
  // Under which a replay meets the same letter again.
  struct Id {
    change::SourceId source{};
    std::string table;
    std::string key;
    std::string position;

    auto operator<=>(const Id&) const = default;  // NOLINT(modernize-use-nullptr)
  };
  struct Addition {
    std::string reason;
    int64_t first_seen_ms = 0;
    int64_t last_seen_ms = 0;
    int64_t count = 0;
    int64_t version = 0;  // mapper::RejectedRow's
  };

  struct Key {
    change::SourceId source{};
    std::string table;
    std::string key;
    int64_t version = 0;  // of the change that was refused; 0: a release of before did not note it
    bool listed = true;   // false: it is kept as discarded
  };

  // REQUIRES: the file has the newest schema.
  static Result<std::unique_ptr<DeadLetterTable>> Open(const SqliteDatabase* database);

  Result<bool> Contains(const Id& id);
  // Of one table, or of one key in it.
  Result<uint64_t> CountOf(change::SourceId source, const std::string& table,
                           const std::optional<std::string>& key);
  Status Add(const Id& id, const Addition& addition);
  // Discarded ones too.
  Status Delete(change::SourceId source, const std::string& table,
                const std::optional<std::string>& key);

  Result<uint64_t> Count(const DeadLetterFilter& filter) const;
  Result<std::map<change::SourceId, uint64_t>> CountBySource() const;
  // Newest first.
  Result<DeadLetterPage> Select(const DeadLetterFilter& filter, size_t from, size_t size) const;
  // The letters go, and their rows are kept as discarded. REQUIRES: a transaction is open; the filter names something.
  Status Discard(const DeadLetterFilter& filter) const;
  // Of letters, and of discarded rows. A key may come several times.
  Status VisitKeys(const std::function<void(const Key&)>& visit) const;

 private:
  // A statement in two forms.
  struct OfRows {
    std::unique_ptr<SqliteStatement> of_table;
    std::unique_ptr<SqliteStatement> of_key;

    SqliteStatement* Bound(change::SourceId source, const std::string& table,
                           const std::optional<std::string>& key) const;
  };

  explicit DeadLetterTable(const SqliteDatabase* database) : database_(database) {}

  const SqliteDatabase* const database_;
  std::unique_ptr<SqliteStatement> find_;
  std::unique_ptr<SqliteStatement> add_;
  OfRows count_;
  OfRows delete_;
  OfRows delete_discarded_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_DEAD_LETTER_TABLE_H_
