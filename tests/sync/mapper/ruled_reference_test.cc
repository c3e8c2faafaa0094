// Random rules over random rows: what the mapper makes of changes is what a mapper would make that writes every row anew.
#include <gmock/gmock.h>

#include <algorithm>
#include <optional>
#include <set>

#include "sync/change/row_hash.h"
#include "tests/support/seeded_test.h"
#include "tests/sync/mapper/partial_images.h"
#include "tests/sync/mapper/ruled_fixture.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::Flavor;
using change::RowImage;
using change::Value;
using change::ValueKind;

// t(id, code, a, b, name, gone): small domains, so that rows meet. `code` is unique.
const TablePointer& Table() {
  static const TablePointer table = MakeTable(
      "t", {MakeColumn("id", ColumnType::kInt), MakeColumn("code", ColumnType::kVarchar),
            MakeColumn("a", ColumnType::kInt), Decimal("b", 10, 2),
            MakeColumn("name", ColumnType::kText), MakeColumn("gone", ColumnType::kTinyInt)});
  return table;
}

constexpr const char* kComputed =
    R"json(,"sum":{"value":"a + b"},"both":{"value":"concat_ws('/', name, code)"},"big":{"value":"a > 2"})json";

struct Rules {
  bool by_code = false;
  bool prefixed = false;
  bool filtered = false;
  bool soft = false;
  bool computed = false;
  bool copied = false;

  std::string Json() const {
    std::string json = R"([{"table":"t","exclude":["gone"])";
    if (by_code || prefixed) {
      json += std::string(",\"id\":[") + (prefixed ? "\"table\"," : "") +
              (by_code ? "\"code\"" : "\"key\"") + "]";
    }
    json += filtered ? R"(,"where":"a > 1 OR name = 'x'")" : "";
    json += soft ? R"(,"soft_delete":"gone")" : "";
    json += R"(,"fields":{"c":{"constant":7})";
    json += computed ? kComputed : "";
    json += copied ? R"(,"name":{"type":"keyword","copy_to":["all"]},"all":{"type":"text"})" : "";
    return json + "}}]";
  }
};

// ---- The reference: nothing of the mapper's own.

std::string Quoted(const Value& value) {
  return value.is_null() ? "null" : "\"" + value.bytes + "\"";
}
std::string Plain(const Value& value) {
  return value.is_null() ? "null" : std::to_string(value.integer);
}
// Cents of "-12.50".
int64_t Cents(const Value& value) {
  std::string digits = value.bytes;
  std::erase(digits, '.');
  return std::stoll(digits);
}
std::string Money(int64_t cents) {
  std::string text = std::to_string(cents < 0 ? -cents : cents);
  text.insert(0, text.size() < 3 ? 3 - text.size() : 0, '0');
  text.insert(text.size() - 2, ".");
  return (cents < 0 ? "-" : "") + text;
}

bool IsIn(const Rules& rules, const RowImage& row) {
  if (rules.soft && !row[5].is_null() && row[5].integer != 0) {
    return false;
  }
  return !rules.filtered || (!row[2].is_null() && row[2].integer > 1) ||
         (!row[4].is_null() && row[4].bytes == "x");
}

std::optional<std::string> IdOf(const Rules& rules, const RowImage& row) {
  if (rules.by_code && row[1].is_null()) {
    return std::nullopt;
  }
  return (rules.prefixed ? "t:" : "") +
         (rules.by_code ? row[1].bytes : std::to_string(row[0].integer));
}

std::string SourceOf(const Rules& rules, const RowImage& row) {
  std::string source = "{\"id\":" + Plain(row[0]) + ",\"code\":" + Quoted(row[1]) +
                       ",\"a\":" + Plain(row[2]) +
                       ",\"b\":" + (row[3].is_null() ? "null" : row[3].bytes) +
                       ",\"name\":" + Quoted(row[4]) + ",\"c\":7";
  if (rules.computed) {
    const bool null = row[2].is_null() || row[3].is_null();
    source += ",\"sum\":" + (null ? "null" : Money(row[2].integer * 100 + Cents(row[3])));
    std::string both = row[4].is_null() ? "" : row[4].bytes;
    if (!row[1].is_null()) {
      both += (row[4].is_null() ? "" : "/") + row[1].bytes;
    }
    source += ",\"both\":\"" + both + "\"";
    source += std::string(",\"big\":") + (row[2].is_null()     ? "null"
                                          : row[2].integer > 2 ? "true"
                                                               : "false");
  }
  return source + "}";
}

std::map<std::string, std::string> Reference(const Rules& rules,
                                             const std::map<int64_t, RowImage>& rows) {
  std::map<std::string, std::string> documents;
  for (const auto& [key, row] : rows) {
    const auto id = IdOf(rules, row);
    if (id && IsIn(rules, row)) {
      documents[*id] = SourceOf(rules, row);
    }
  }
  return documents;
}

class RuledReferenceTest : public test::SeededTest {
 protected:
  RowImage RandomRow(int64_t id) {
    RowImage row = {
        Value::Int(id),
        OneIn(6) ? Value::Null()
                 : Text("c" + std::to_string(id * 10 + static_cast<int64_t>(Uniform(3)))),
        OneIn(5) ? Value::Null() : Value::Int(static_cast<int64_t>(Uniform(5))),
        OneIn(5) ? Value::Null() : Dec(Money(static_cast<int64_t>(Uniform(400)) - 200)),
        OneIn(5) ? Value::Null() : Text(OneIn(3) ? "x" : "name" + std::to_string(Uniform(3))),
        OneIn(4) ? Value::Null() : Value::Int(OneIn(3) ? 1 : 0)};
    return row;
  }
  // Some columns of the other.
  RowImage Changed(RowImage row) {
    const RowImage other = RandomRow(row[0].integer);
    for (size_t i = 1; i < row.size(); ++i) {
      if (OneIn(3)) {
        row[i] = other[i];
      }
    }
    return row;
  }

  // No two rows have the same code.
  static void KeepUnique(const std::map<int64_t, RowImage>& rows, int64_t id, RowImage* row) {
    for (const auto& [other, with] : rows) {
      if (other != id && with[1] == (*row)[1]) {
        (*row)[1] = Value::Null();
      }
    }
  }

  change::RowChange RandomChange(std::map<int64_t, RowImage>* rows) {
    const auto id = static_cast<int64_t>(1 + Uniform(12));
    const auto found = rows->find(id);
    if (found == rows->end()) {
      RowImage row = RandomRow(id);
      KeepUnique(*rows, id, &row);
      rows->emplace(id, row);
      return Insert(Table(), row);
    }
    const RowImage before = found->second;
    if (OneIn(5)) {
      rows->erase(found);
      return Delete(Table(), before);
    }
    RowImage after = Changed(before);
    KeepUnique(*rows, id, &after);
    if (const auto other = static_cast<int64_t>(1 + Uniform(12));
        OneIn(8) && rows->count(other) == 0) {
      after[0] = Value::Int(other);
      rows->erase(found);
      (*rows)[other] = after;
    } else {
      found->second = after;
    }
    return Update(Table(), before, after);
  }

  Rules RandomRules() { return {OneIn(2), OneIn(3), OneIn(2), OneIn(2), OneIn(2), OneIn(2)}; }
};

TEST_F(RuledReferenceTest, WholeImagesGiveTheDocumentsOfAllRows) {
  for (uint64_t round = 0; round < Iterations(30); ++round) {
    const Rules rules = RandomRules();
    RuledIndex index;
    index.Bind(Table(), RulesOf(rules.Json()));
    const auto layout = LayOut(Table(), RulesOf(rules.Json()));
    const change::RowHasher hasher(*Table(), (*layout)->ColumnsRead());
    std::map<int64_t, RowImage> rows;
    for (int step = 0; step < 40; ++step) {
      std::vector<change::RowChange> changes;
      for (uint64_t n = 1 + Uniform(4); n > 0; --n) {
        changes.push_back(RandomChange(&rows));
      }
      index.Apply(std::move(changes));
      ASSERT_EQ(index.Documents(), Reference(rules, rows)) << rules.Json();
      size_t letters = 0;
      std::string scratch;
      for (const auto& [key, row] : rows) {
        const auto id = IdOf(rules, row);
        letters += !id && IsIn(rules, row) ? 1 : 0;
        if (id && IsIn(rules, row)) {
          ASSERT_EQ(index.HashOf(*id), hasher.Hash(row, {}, &scratch)) << rules.Json();
        }
      }
      ASSERT_EQ(index.rejected().size(), letters) << rules.Json();
    }
  }
}

// What is pending is read: as the thread of the snapshot does, behind what made it pending.
TEST_F(RuledReferenceTest, PartialImagesGiveThemToo) {
  for (uint64_t round = 0; round < Iterations(40); ++round) {
    const Rules rules = RandomRules();
    const auto setting = OneIn(2) ? ImageSetting::kMinimal : ImageSetting::kNoblob;
    const Flavor flavor = OneIn(2) ? Flavor::kMysql : Flavor::kMariadb;
    RuledIndex index;
    index.Bind(Table(), RulesOf(rules.Json()));
    std::map<int64_t, RowImage> rows;
    for (int step = 0; step < 40; ++step) {
      std::vector<change::RowChange> changes;
      for (uint64_t n = 1 + Uniform(3); n > 0; --n) {
        const change::RowChange change = RandomChange(&rows);
        const bool names_all = change.kind == change::RowChangeKind::kInsert;
        changes.push_back(
            AsLogged(change, setting, flavor,
                     names_all ? std::set<uint32_t>{0, 1, 2, 3, 4, 5} : std::set<uint32_t>()));
      }
      auto transaction = MakeTransaction(index.next_ordinal(), std::move(changes));
      transaction.flavor = flavor;
      const MappedTransaction mapped = index.Apply(transaction);
      std::vector<change::RowChange> read;
      bool whole = false;
      for (const PendingRow& pending : mapped.pending) {
        whole = whole || pending.key.empty();
      }
      for (const auto& [id, row] : rows) {
        const bool wanted = std::any_of(
            mapped.pending.begin(), mapped.pending.end(), [id = id](const PendingRow& row_of) {
              return row_of.key == snapshot::KeyCells{std::to_string(id)};
            });
        if (whole || wanted) {
          read.push_back(Read(Table(), row));
        }
      }
      auto chunk = MakeTransaction(transaction.ordinal, std::move(read));
      chunk.chunk = std::make_unique<change::ChunkInfo>();
      chunk.chunk->of_keys = !whole;
      index.Apply(chunk);
      if (whole) {
        index.SweepBelow(change::ChunkVersionOf(transaction.ordinal));
      }
      ASSERT_EQ(index.Documents(), Reference(rules, rows))
          << rules.Json() << ImageSettingName(setting) << static_cast<int>(flavor);
    }
  }
}

}  // namespace
}  // namespace binseek::mapper
