#include "sync/pipeline/ddl.h"

#include <gtest/gtest.h>

namespace binseek::pipeline {
namespace {

TEST(MayRewriteRowsTest, IndexesConstraintsAndSettingsLeaveRowsAlone) {
  for (const char* statement :
       {"ALTER TABLE t ADD INDEX (a)",
        "alter table `x`.`t` drop key k, add unique u (a, b), comment 'DROP COLUMN c'",
        "ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES r (id)",
        "CREATE UNIQUE INDEX i ON t (a)", "DROP INDEX i ON t",
        "ALTER TABLE IF EXISTS t WAIT 5 RENAME INDEX a TO b",
        "CREATE TABLE IF NOT EXISTS t (id INT)",
        "ALTER TABLE t ALTER COLUMN c SET DEFAULT 5, ALGORITHM=INPLACE",
        "ALTER TABLE t AUTO_INCREMENT = 100 /* MODIFY */"}) {
    EXPECT_FALSE(MayRewriteRows(statement)) << statement;
  }
}

TEST(MayRewriteRowsTest, AllElseMayChangeThem) {
  for (const char* statement :
       {"ALTER TABLE t DROP COLUMN c, ADD COLUMN c INT DEFAULT 7",
        "ALTER TABLE t ADD INDEX (a), MODIFY a INT NOT NULL",
        "ALTER TABLE t CHANGE a a INT NOT NULL", "ALTER IGNORE TABLE t ADD UNIQUE (a)",
        "RENAME TABLE a TO b", "ALTER TABLE t RENAME TO u", "ALTER TABLE t TRUNCATE PARTITION p",
        "ALTER TABLE t DISCARD TABLESPACE", "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4",
        "CREATE OR REPLACE TABLE t (id INT)", "CREATE TABLE t (id INT)",
        "CREATE TABLE t (id INT) /* IF NOT EXISTS */", "ALTER TABLE t DROP c",
        "ALTER TABLE t ADD c INT", "ALTER TABLE t ENGINE=MyISAM", "DROP TABLE t", "", "\"",
        "ALTER TABLE"}) {
    EXPECT_TRUE(MayRewriteRows(statement)) << statement;
  }
}

}  // namespace
}  // namespace binseek::pipeline
