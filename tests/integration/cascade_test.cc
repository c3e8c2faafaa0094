// What foreign keys change in the server's engine, which logs none of it: the index ends equal to the tables on servers that log it and on
// those that do not.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/integration/pipeline_fixture.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using Columns = std::vector<std::string>;

class CascadeTest : public PipelineFixture {
 protected:
  // Whether this server logs what its foreign keys change.
  bool logged() const { return GetParam() == ServerFlavor::kMysql9; }

  void CreateShop() {
    Sql("CREATE TABLE parent (id INT PRIMARY KEY, code VARCHAR(10) NOT NULL, v INT, UNIQUE (code));"
        "CREATE TABLE child (id INT PRIMARY KEY, pid INT, n INT, FOREIGN KEY (pid) REFERENCES "
        "parent (id) ON DELETE CASCADE ON UPDATE CASCADE);"
        "CREATE TABLE grandchild (id INT PRIMARY KEY, cid INT, FOREIGN KEY (cid) REFERENCES child "
        "(id) ON DELETE CASCADE);"
        "CREATE TABLE note (id INT PRIMARY KEY, pid INT, cid INT, FOREIGN KEY (pid) REFERENCES "
        "parent (id) ON DELETE SET NULL ON UPDATE SET NULL, FOREIGN KEY (cid) REFERENCES child "
        "(id) ON DELETE SET NULL ON UPDATE CASCADE);"
        "CREATE TABLE named (id INT PRIMARY KEY, pcode VARCHAR(10), FOREIGN KEY (pcode) REFERENCES "
        "parent (code) ON DELETE CASCADE ON UPDATE CASCADE);"
        "CREATE TABLE tree (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES tree (id) ON "
        "DELETE CASCADE)");
  }

  // Every table's documents, made of the server's own text.
  std::map<std::string, std::string> Rows(const std::string& table, const Columns& columns) {
    std::string object = "'{'";
    for (const std::string& column : columns) {
      object +=
          std::string(", '") + (&column == columns.data() ? "" : ",") + "\"" + column +
          "\":', IFNULL(" +
          (column == "pcode" || column == "code" ? "CONCAT('\"', " + column + ", '\"')" : column) +
          ", 'null')";
    }
    std::map<std::string, std::string> all;
    std::istringstream lines(Sql("SELECT id, CONCAT(" + object + ", '}') FROM " + table));
    for (std::string line; std::getline(lines, line);) {
      all[line.substr(0, line.find('\t'))] = line.substr(line.find('\t') + 1);
    }
    return all;
  }

  void ExpectSame(const std::string& table, const Columns& columns) {
    const auto expected = Rows(table, columns);
    const bool same = Await(
        [&] { return supervisor_->status().pending_keys == 0 && Documents(table) == expected; });
    if (!same) {
      EXPECT_EQ(Documents(table), expected) << table << ": " << supervisor_->status().error << " "
                                            << supervisor_->status().pending_keys << " pending";
    }
  }

  void ExpectAllSame() {
    ExpectSame("parent", {"id", "code", "v"});
    ExpectSame("child", {"id", "pid", "n"});
    ExpectSame("grandchild", {"id", "cid"});
    ExpectSame("note", {"id", "pid", "cid"});
    ExpectSame("named", {"id", "pcode"});
    ExpectSame("tree", {"id", "up"});
  }

  void FillShop() {
    Sql("INSERT INTO parent VALUES (1,'a',0),(2,'b',0),(3,'c',0),(4,'d',0);"
        "INSERT INTO child VALUES (10,1,0),(11,1,0),(12,2,0),(13,3,0),(14,NULL,0);"
        "INSERT INTO grandchild VALUES (100,10),(101,10),(102,12),(103,13),(104,NULL);"
        "INSERT INTO note VALUES (1,1,10),(2,2,12),(3,3,NULL),(4,NULL,13);"
        "INSERT INTO named VALUES (1,'a'),(2,'b'),(3,'C'),(4,NULL);"
        "INSERT INTO tree VALUES (1,NULL),(2,1),(3,2),(4,3),(5,1),(6,NULL),(7,6)");
  }

  uint64_t Cascaded() const {
    uint64_t rows = 0;
    for (const auto& table : supervisor_->status().tables) {
      rows += table.cascaded_rows;
    }
    return rows;
  }
};

TEST_P(CascadeTest, DeletedAndMovedParentsTakeTheirChildrenAlong) {
  CreateShop();
  FillShop();
  Start();
  AwaitLive();
  Sql("DELETE FROM parent WHERE id = 1");
  ExpectAllSame();
  Sql("UPDATE parent SET id = 20 WHERE id = 2");
  ExpectAllSame();
  Sql("UPDATE parent SET code = 'zz' WHERE id = 3");  // child's is 'C'
  ExpectAllSame();
  Sql("DELETE FROM child WHERE id = 13");
  ExpectAllSame();
  Sql("DELETE FROM tree WHERE id = 1");
  ExpectAllSame();
  Sql("DELETE FROM parent");
  ExpectAllSame();
  EXPECT_EQ(Cascaded() == 0, logged());
}

TEST_P(CascadeTest, SessionsWithoutForeignKeyChecksCascadeNothing) {
  CreateShop();
  FillShop();
  Start();
  AwaitLive();
  Sql("SET foreign_key_checks = 0; DELETE FROM parent WHERE id = 1; UPDATE parent SET id = 20 "
      "WHERE "
      "id = 2; DELETE FROM tree WHERE id = 1");
  ExpectAllSame();
  EXPECT_EQ(Cascaded(), 0U);
  EXPECT_FALSE(Documents("child").empty());
  // Some rows of a transaction do, and others do not.
  Sql("START TRANSACTION; SET foreign_key_checks = 0; DELETE FROM parent WHERE id = 3; SET "
      "foreign_key_checks = 1; DELETE FROM parent WHERE id = 20; DELETE FROM parent WHERE id = 4; "
      "COMMIT");
  ExpectAllSame();
}

TEST_P(CascadeTest, RowsOfTheTransactionItselfAreTakenAlong) {
  CreateShop();
  FillShop();
  Start();
  AwaitLive();
  Sql("START TRANSACTION; INSERT INTO child VALUES (50, 4, 1); INSERT INTO grandchild VALUES "
      "(500, 50); UPDATE child SET pid = 4 WHERE id = 12; DELETE FROM parent WHERE id = 4; COMMIT");
  ExpectAllSame();
  Sql("START TRANSACTION; DELETE FROM parent WHERE id = 3; INSERT INTO parent VALUES (3, 'c', 1); "
      "INSERT INTO child VALUES (51, 3, 1); INSERT INTO grandchild VALUES (510, 51); COMMIT");
  ExpectAllSame();
  Sql("START TRANSACTION; UPDATE parent SET id = 30 WHERE id = 1; DELETE FROM parent WHERE id = "
      "30; COMMIT");
  ExpectAllSame();
  Sql("START TRANSACTION; UPDATE parent SET id = 31 WHERE id = 3; UPDATE child SET n = 7; COMMIT");
  ExpectAllSame();
}

TEST_P(CascadeTest, KeysOfSeveralColumnsAndChildrenWithMoreAreReadAgain) {
  Sql("CREATE TABLE parent (id INT, sub INT, v INT, PRIMARY KEY (id, sub));"
      "CREATE TABLE pair (id INT PRIMARY KEY, pid INT, psub INT, FOREIGN KEY (pid, psub) "
      "REFERENCES "
      "parent (id, sub) ON DELETE CASCADE ON UPDATE CASCADE);"
      "CREATE TABLE one (id INT PRIMARY KEY, v INT);"
      "CREATE TABLE made (id INT PRIMARY KEY, oid INT, twice INT AS (oid * 2) VIRTUAL, FOREIGN KEY "
      "(oid) REFERENCES one (id) ON DELETE SET NULL ON UPDATE CASCADE);"
      "CREATE TABLE joined (a INT, b INT, id INT AS (a * 1000 + b) VIRTUAL, PRIMARY KEY (a, b), "
      "FOREIGN KEY (a) REFERENCES one (id) ON DELETE CASCADE ON UPDATE CASCADE);"
      "INSERT INTO parent VALUES (1,1,0),(1,2,0),(2,1,0);"
      "INSERT INTO pair VALUES (1,1,1),(2,1,2),(3,2,1),(4,1,NULL);"
      "INSERT INTO one VALUES (1,0),(2,0),(3,0);"
      "INSERT INTO made (id, oid) VALUES (1,1),(2,2),(3,3);"
      "INSERT INTO joined (a, b) VALUES (1,5),(1,6),(2,5),(3,5)");
  Start();
  AwaitLive();
  const auto joined = [&] {
    std::map<std::string, std::string> all;
    for (const auto& [id, source] : Documents("joined")) {
      all[id] = "";
    }
    std::string ids;
    for (const auto& [id, nothing] : all) {
      ids += id + "\n";
    }
    return ids;
  };
  const auto changes = {"DELETE FROM parent WHERE id = 1 AND sub = 1",
                        "UPDATE parent SET sub = 9 WHERE id = 1", "DELETE FROM one WHERE id = 1",
                        "UPDATE one SET id = 20 WHERE id = 2", "DELETE FROM one WHERE id = 20"};
  for (const char* change : changes) {
    SCOPED_TRACE(change);
    Sql(change);
    // "parent" has a key of two columns, which Rows knows nothing of.
    ExpectSame("pair", {"id", "pid", "psub"});
    ExpectSame("made", {"id", "oid", "twice"});
    const std::string expected = Sql("SELECT CONCAT(a, ':', b) AS k FROM joined ORDER BY k");
    EXPECT_TRUE(Await([&] { return joined() == expected; })) << joined() << "for " << expected;
  }
}

TEST_P(CascadeTest, ParentsThatAreNotFollowedHaveTheirChildrenReadAgain) {
  const std::string other = database_ + "_other";
  CreateShop();
  FillShop();
  ASSERT_OK(server_->Sql("CREATE DATABASE " + other + "; CREATE TABLE " + other +
                         ".owner (id INT PRIMARY KEY, v INT); INSERT INTO " + other +
                         ".owner VALUES (1, 0), (2, 0)"));
  Sql("CREATE TABLE owned (id INT PRIMARY KEY, oid INT, FOREIGN KEY (oid) REFERENCES " + other +
      ".owner (id) ON DELETE CASCADE); INSERT INTO owned VALUES (1, 1), (2, 1), (3, 2)");
  StartWith([](pipeline::SupervisorOptions* options) { options->exclude = {"parent"}; });
  AwaitLive();
  ASSERT_OK(server_->Sql("DELETE FROM " + other + ".owner WHERE id = 1"));
  ExpectSame("owned", {"id", "oid"});
  Sql("DELETE FROM parent WHERE id = 1");
  ExpectSame("child", {"id", "pid", "n"});
  ExpectSame("grandchild", {"id", "cid"});
  ExpectSame("note", {"id", "pid", "cid"});
  ExpectSame("named", {"id", "pcode"});
  EXPECT_FALSE(Table("owned").foreign_keys.empty());
  Stop();
  Sql("DROP TABLE owned");
  ASSERT_OK(server_->Sql("DROP DATABASE " + other));
}

TEST_P(CascadeTest, ParentsOfADatabaseThatIsNotFollowedCascadeByXaTransactionsToo) {
  const std::string crm = database_ + "_crm";
  Sql("CREATE DATABASE " + crm + "; CREATE TABLE " + crm +
      ".customer (id INT PRIMARY KEY, v INT); INSERT INTO " + crm +
      ".customer VALUES (1, 0), (2, 0), (3, 0);"
      "CREATE TABLE orders (id INT PRIMARY KEY, cid INT, FOREIGN KEY (cid) REFERENCES " +
      crm +
      ".customer (id) ON DELETE CASCADE ON UPDATE CASCADE);"
      "INSERT INTO orders VALUES (1, 1), (2, 1), (3, 2), (4, 3)");
  Start();
  AwaitLive();
  Sql("XA START 'a'; DELETE FROM " + crm +
      ".customer WHERE id = 1; XA END 'a'; XA PREPARE 'a'; XA COMMIT 'a'");
  ExpectSame("orders", {"id", "cid"});
  EXPECT_EQ(Documents("orders").size(), 2U);
  Sql("XA START 'b'; UPDATE " + crm +
      ".customer SET id = 20 WHERE id = 2; XA END 'b'; XA COMMIT 'b' ONE PHASE");
  ExpectSame("orders", {"id", "cid"});
  Stop();
  Sql("DROP TABLE orders; DROP DATABASE " + crm);
}

TEST_P(CascadeTest, ChunksOnTheirWayBringBackNoChildren) {
  CreateShop();
  std::string sql =
      "INSERT INTO parent SELECT n, n, 0 FROM (WITH RECURSIVE r AS (SELECT 1 AS n "
      "UNION ALL SELECT n + 1 FROM r WHERE n < 300) SELECT n FROM r) AS s;";
  for (const char* statement : {"INSERT INTO child SELECT id * 10 + 1, id, 0 FROM parent",
                                "INSERT INTO child SELECT id * 10 + 2, id, 0 FROM parent",
                                "INSERT INTO child SELECT id * 10 + 3, id, 0 FROM parent",
                                "INSERT INTO grandchild SELECT id * 10, id FROM child",
                                "INSERT INTO note SELECT id, pid, id FROM child"}) {
    sql += std::string(statement) + ";";
  }
  Sql(sql);
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 20; });
  for (int i = 1; i <= 300; i += 2) {
    Sql(i % 6 == 1 ? "UPDATE parent SET id = 1000 + id WHERE id = " + std::to_string(i)
                   : "DELETE FROM parent WHERE id = " + std::to_string(i));
  }
  AwaitLive();
  ExpectAllSame();
  Crash();
  Start();
  AwaitLive();
  ExpectAllSame();
}

TEST_P(CascadeTest, KeysThatWereDroppedOrComeLaterCount) {
  CreateShop();
  FillShop();
  Start();
  AwaitLive();
  Sql("ALTER TABLE grandchild ADD COLUMN nid INT, ADD CONSTRAINT later FOREIGN KEY (nid) "
      "REFERENCES "
      "note (id) ON DELETE CASCADE; UPDATE grandchild SET nid = 1");
  Sql("DELETE FROM note WHERE id = 1");
  ExpectSame("grandchild", {"id", "cid", "nid"});
  Stop();
  // While nobody looks: what cascades by the old name, by a key that is gone, and by a renamed parent.
  Sql("INSERT INTO grandchild VALUES (200, NULL, 2); DELETE FROM note WHERE id = 2;"
      "ALTER TABLE grandchild DROP FOREIGN KEY later; INSERT INTO grandchild VALUES (201, NULL, 3);"
      "DELETE FROM note WHERE id = 3; DELETE FROM parent WHERE id = 1; RENAME TABLE parent TO "
      "elder;"
      "DELETE FROM elder WHERE id = 2");
  Start();
  AwaitLive();
  ExpectSame("elder", {"id", "code", "v"});
  ExpectSame("child", {"id", "pid", "n"});
  ExpectSame("grandchild", {"id", "cid", "nid"});
  ExpectSame("note", {"id", "pid", "cid"});
  ExpectSame("named", {"id", "pcode"});
}

TEST_P(CascadeTest, KeysOfTablesThatAreNotFollowedCountFromTheirStatementOn) {
  const std::string far = database_ + "_far";
  Sql("CREATE DATABASE " + far + "; CREATE TABLE " + far +
      ".mid (id INT PRIMARY KEY, pid INT); CREATE TABLE parent (id INT PRIMARY KEY, v INT);"
      "CREATE TABLE child (id INT PRIMARY KEY, mid INT, FOREIGN KEY (mid) REFERENCES " +
      far + ".mid (id) ON DELETE CASCADE)");
  for (int i = 1; i <= 5; ++i) {
    const std::string id = std::to_string(i);
    Sql("INSERT INTO parent VALUES (" + id + ", 1); INSERT INTO " + far + ".mid VALUES (" + id +
        ", " + id + "); INSERT INTO child VALUES (" + id + ", " + id + ")");
  }
  Start();
  AwaitLive();
  Sql("ALTER TABLE " + far + ".mid ADD FOREIGN KEY (pid) REFERENCES " + database_ +
      ".parent (id) ON DELETE CASCADE; DELETE FROM parent WHERE id < 3");
  ExpectSame("parent", {"id", "v"});
  ExpectSame("child", {"id", "mid"});
  EXPECT_EQ(Documents("child").size(), 3U);
  Stop();
  Sql("SET foreign_key_checks = 0; DROP DATABASE " + far);
}

TEST_P(CascadeTest, StatusSaysHowForeignKeysAreKept) {
  CreateShop();
  Start();
  AwaitLive();
  EXPECT_TRUE(Table("parent").foreign_keys.empty());
  EXPECT_EQ(Table("child").foreign_keys,
            Columns{"child.pid -> parent.id ON DELETE CASCADE ON UPDATE CASCADE: where the server "
                    "does not log it, its rows are found, and changed in the same transaction"});
  EXPECT_EQ(
      Table("named").foreign_keys,
      Columns{"named.pcode -> parent.code ON DELETE CASCADE ON UPDATE CASCADE: where the "
              "server does not log it, the table is read again, as no column of the key is an "
              "integer with a field"});
  EXPECT_EQ(Table("note").foreign_keys.size(), 2U);
}

// Statements at random over the shop.
class Storm : public SeededTest {
 public:
  void TestBody() override {}
  using SeededTest::Iterations;
  using SeededTest::OneIn;

  std::string Number(uint64_t limit) {
    return OneIn(8) ? "NULL" : std::to_string(1 + Uniform(limit));
  }
  std::string Id(uint64_t limit) { return std::to_string(1 + Uniform(limit)); }

  std::string Next() {
    const std::string p = Id(20);
    switch (Uniform(12)) {
      case 0:
        return "INSERT IGNORE INTO parent VALUES (" + p + ", 'c" + p + "', 1)";
      case 1:
        return "INSERT IGNORE INTO child VALUES (" + Id(60) + ", " + Number(20) + ", 1)";
      case 2:
        return "INSERT IGNORE INTO grandchild VALUES (" + Id(99) + ", " + Number(60) + ")";
      case 3:
        return "INSERT IGNORE INTO note VALUES (" + Id(60) + ", " + Number(20) + ", " + Number(60) +
               ")";
      case 4:
        // MySQL 9.7 refuses to cascade within a table into two branches that both have children (error 6575).
        return "INSERT IGNORE INTO tree VALUES (" + Id(40) + ", " + Number(2) + ")";
      case 5:
        return "DELETE FROM parent WHERE id = " + p;
      case 6:
        return "UPDATE IGNORE parent SET id = " + Id(20) + " WHERE id = " + p;
      case 7:
        return "DELETE FROM child WHERE id = " + Id(60);
      case 8:
        return "UPDATE IGNORE child SET pid = " + Number(20) + ", n = n + 1 WHERE id = " + Id(60);
      case 9:
        return "DELETE FROM tree WHERE id = " + Id(40);
      case 10:
        return "REPLACE INTO parent VALUES (" + p + ", 'c" + p + "', 2)";
      default:
        return OneIn(4) ? "INSERT IGNORE INTO named VALUES (" + Id(20) + ", 'C" + p + "')"
                        : "UPDATE parent SET v = v + 1 WHERE id = " + p;
    }
  }
};

TEST_P(CascadeTest, StormsEndEqual) {
  Storm storm;
  CreateShop();
  FillShop();
  Start();
  const uint64_t rounds = Storm::Iterations(4);
  for (uint64_t round = 0; round < rounds; ++round) {
    std::string sql;
    for (int i = 0; i < 150; ++i) {
      if (storm.OneIn(40)) {
        sql += storm.OneIn(2) ? "SET SESSION binlog_row_image = 'MINIMAL';"
                              : "SET SESSION binlog_row_image = 'FULL';";
      }
      const bool several = storm.OneIn(4);
      sql += several ? "START TRANSACTION;" + storm.Next() + ";" + storm.Next() + ";" : "";
      sql += storm.Next() + ";" + (several ? "COMMIT;" : "");
    }
    Sql(sql);
    if (round % 2 == 1) {
      Crash();
      Start();
    }
    AwaitLive();
    ExpectAllSame();
    if (HasFailure()) {
      return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, CascadeTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9,
                                           ServerFlavor::kMysql9NativeKeys),
                         [](const auto& info) {
                           return std::string(ServerFlavorName(info.param));
                         });

}  // namespace
}  // namespace binseek::test
