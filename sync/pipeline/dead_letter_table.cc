#include "sync/pipeline/dead_letter_table.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace binseek::pipeline {
namespace {

int64_t Number(change::SourceId source) { return static_cast<uint16_t>(source); }

// Its parameters are ?1, ?2 and ?5, where they matter.
std::string Condition(const DeadLetterFilter& filter) {
  std::string condition;
  const auto add = [&](bool given, const char* term) {
    if (given) {
      condition.append(condition.empty() ? " WHERE " : " AND ").append(term);
    }
  };
  add(filter.table.has_value(), "tbl=?1");
  add(filter.key.has_value(), "key=?2");
  add(filter.source.has_value(), "source=?5");
  return condition;
}

// The texts are borrowed by the statement until it is reset.
void BindFilter(const DeadLetterFilter& filter, SqliteStatement* statement) {
  if (filter.table) {
    statement->Bind(1, *filter.table);
  }
  if (filter.key) {
    statement->Bind(2, *filter.key);
  }
  if (filter.source) {
    statement->Bind(5, Number(*filter.source));
  }
}

int64_t Bounded(size_t number) {
  return static_cast<int64_t>(std::min<uint64_t>(number, std::numeric_limits<int64_t>::max()));
}

}  // namespace

Result<std::unique_ptr<DeadLetterTable>> DeadLetterTable::Open(const SqliteDatabase* database) {
  std::unique_ptr<DeadLetterTable> table(new DeadLetterTable(database));
  BINSEEK_ASSIGN_OR_RETURN(table->find_,
                           database->Prepare("SELECT 1 FROM dead_letters"
                                             " WHERE source=? AND tbl=? AND key=? AND position=?"));
  const auto prepare = [&](const std::string& what, OfRows* statements) {
    // Apart, so that a key is found by the index and not among all keys of its table.
    const std::string of_table = what + " WHERE source=?1 AND tbl=?2";
    for (const auto& [sql, statement] :
         {std::pair(of_table, &statements->of_table),
          std::pair(of_table + " AND key=?3", &statements->of_key)}) {
      BINSEEK_ASSIGN_OR_RETURN(*statement, database->Prepare(sql));
    }
    return Status::Ok();
  };
  BINSEEK_RETURN_IF_ERROR(prepare("SELECT count(*) FROM dead_letters", &table->count_));
  BINSEEK_RETURN_IF_ERROR(prepare("DELETE FROM dead_letters", &table->delete_));
  BINSEEK_RETURN_IF_ERROR(prepare("DELETE FROM discarded_rows", &table->delete_discarded_));
  BINSEEK_ASSIGN_OR_RETURN(
      table->add_,
      database->Prepare("INSERT INTO dead_letters"
                        "(source,tbl,key,position,reason,first_seen_ms,last_seen_ms,count,version)"
                        " VALUES(?,?,?,?,?,?,?,?,?) ON CONFLICT(source,tbl,key,position)"
                        " DO UPDATE SET reason=excluded.reason, last_seen_ms=excluded.last_seen_ms,"
                        " count=count+excluded.count, version=max(version,excluded.version)"));
  return table;
}

Result<bool> DeadLetterTable::Contains(const Id& id) {
  find_->Bind(1, Number(id.source));
  find_->Bind(2, id.table);
  find_->Bind(3, id.key);
  find_->Bind(4, id.position);
  auto found = find_->Step();
  find_->Reset();
  return found;
}

SqliteStatement* DeadLetterTable::OfRows::Bound(change::SourceId source, const std::string& table,
                                                const std::optional<std::string>& key) const {
  SqliteStatement* const statement = key ? of_key.get() : of_table.get();
  statement->Bind(1, Number(source));
  statement->Bind(2, table);
  if (key) {
    statement->Bind(3, *key);
  }
  return statement;
}

Result<uint64_t> DeadLetterTable::CountOf(change::SourceId source, const std::string& table,
                                          const std::optional<std::string>& key) {
  SqliteStatement* const count = count_.Bound(source, table, key);
  const auto row = count->Step();
  const int64_t number = row.ok() && *row ? count->Int(0) : 0;
  count->Reset();
  BINSEEK_RETURN_IF_ERROR(row.status());
  return static_cast<uint64_t>(number);
}

Status DeadLetterTable::Add(const Id& id, const Addition& addition) {
  add_->Bind(1, Number(id.source));
  add_->Bind(2, id.table);
  add_->Bind(3, id.key);
  add_->Bind(4, id.position);
  add_->Bind(5, addition.reason);
  add_->Bind(6, addition.first_seen_ms);
  add_->Bind(7, addition.last_seen_ms);
  add_->Bind(8, addition.count);
  add_->Bind(9, addition.version);
  Status status = add_->Run();
  add_->Reset();
  return status;
}

Status DeadLetterTable::Delete(change::SourceId source, const std::string& table,
                               const std::optional<std::string>& key) {
  for (const OfRows* rows : {&delete_, &delete_discarded_}) {
    SqliteStatement* const statement = rows->Bound(source, table, key);
    Status status = statement->Run();
    statement->Reset();
    BINSEEK_RETURN_IF_ERROR(std::move(status));
  }
  return Status::Ok();
}

Result<uint64_t> DeadLetterTable::Count(const DeadLetterFilter& filter) const {
  BINSEEK_ASSIGN_OR_RETURN(
      const auto count,
      database_->Prepare("SELECT count(*) FROM dead_letters" + Condition(filter)));
  BindFilter(filter, count.get());
  BINSEEK_ASSIGN_OR_RETURN(const bool row, count->Step());
  return row ? static_cast<uint64_t>(count->Int(0)) : 0;
}

Result<DeadLetterPage> DeadLetterTable::Select(const DeadLetterFilter& filter, size_t from,
                                               size_t size) const {
  DeadLetterPage page;
  BINSEEK_ASSIGN_OR_RETURN(page.total, Count(filter));
  BINSEEK_ASSIGN_OR_RETURN(
      const auto select,
      database_->Prepare("SELECT tbl,key,position,reason,first_seen_ms,last_seen_ms,count,source"
                         " FROM dead_letters" +
                         Condition(filter) + " ORDER BY id DESC LIMIT ?3 OFFSET ?4"));
  BindFilter(filter, select.get());
  select->Bind(3, Bounded(size));
  select->Bind(4, Bounded(from));
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(const bool row, select->Step());
    if (!row) {
      return page;
    }
    page.letters.push_back({select->Text(0), select->Text(1), select->Text(2), select->Text(3),
                            select->Int(4), select->Int(5), static_cast<uint64_t>(select->Int(6)),
                            change::SourceId{static_cast<uint16_t>(select->Int(7))}});
  }
}

Result<std::map<change::SourceId, uint64_t>> DeadLetterTable::CountBySource() const {
  std::map<change::SourceId, uint64_t> counts;
  BINSEEK_ASSIGN_OR_RETURN(
      const auto select,
      database_->Prepare("SELECT source,count(*) FROM dead_letters GROUP BY source"));
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(const bool row, select->Step());
    if (!row) {
      return counts;
    }
    counts[change::SourceId{static_cast<uint16_t>(select->Int(0))}] =
        static_cast<uint64_t>(select->Int(1));
  }
}

Status DeadLetterTable::Discard(const DeadLetterFilter& filter) const {
  const std::string letters = " FROM dead_letters" + Condition(filter);
  for (const std::string& sql :
       {"INSERT INTO discarded_rows(source,tbl,key,version) SELECT source,tbl,key,max(version)" +
            letters +
            " GROUP BY source,tbl,key ON CONFLICT(source,tbl,key)"
            " DO UPDATE SET version=max(version,excluded.version)",
        "DELETE" + letters}) {
    BINSEEK_ASSIGN_OR_RETURN(const auto statement, database_->Prepare(sql));
    BindFilter(filter, statement.get());
    BINSEEK_RETURN_IF_ERROR(statement->Run());
  }
  return Status::Ok();
}

Status DeadLetterTable::VisitKeys(const std::function<void(const Key&)>& visit) const {
  BINSEEK_ASSIGN_OR_RETURN(
      const auto select,
      database_->Prepare("SELECT source,tbl,key,version,1 FROM dead_letters UNION ALL "
                         "SELECT source,tbl,key,version,0 FROM discarded_rows"));
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(const bool row, select->Step());
    if (!row) {
      return Status::Ok();
    }
    visit({change::SourceId{static_cast<uint16_t>(select->Int(0))}, select->Text(1),
           select->Text(2), select->Int(3), select->Int(4) != 0});
  }
}

}  // namespace binseek::pipeline
