// Rows of a transaction that memory does not hold: they come back as they were, or an error says which file lied, or that it is full.
#include "sync/binlog/row_spill.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/base/byte_reader.h"
#include "sync/binlog/row_buffer.h"
#include "sync/binlog/row_codec.h"
#include "tests/support/full_disk.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace binseek::binlog {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::Value;
using change::ValueKind;
using ::testing::HasSubstr;

std::shared_ptr<const change::TableSchema> MakeTable(const std::string& name, size_t columns) {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "shop";
  table->table = name;
  table->columns.resize(columns);
  return table;
}

void ExpectSameRow(const RowChange& a, const RowChange& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.table, b.table);
  EXPECT_TRUE(a.before == b.before);
  EXPECT_TRUE(a.after == b.after);
}

class RowSpillTest : public test::SeededTest {
 protected:
  RowSpillTest() {
    options_.folder = folder_.path();
    options_.memory_bytes = 32 << 10;
    tables_ = {MakeTable("a", 3), MakeTable("b", 18), MakeTable("c", 1)};
  }

  Value RandomValue(ValueKind kind) {
    switch (kind) {
      case ValueKind::kAbsent:
        return Value::Absent();
      case ValueKind::kNull:
        return Value::Null();
      case ValueKind::kFloat:
      case ValueKind::kDouble: {
        const double reals[] = {0.0,
                                -0.0,
                                1.5,
                                -1e308,
                                std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN()};
        return Value::Real(kind, reals[Uniform(6)]);
      }
      case ValueKind::kInt:
      case ValueKind::kUint:
      case ValueKind::kDate:
      case ValueKind::kDateTime:
      case ValueKind::kTimestamp:
      case ValueKind::kTime:
        return Value::Of(kind, static_cast<int64_t>(random()() >> Uniform(64)));
      default:
        return Value::Bytes(kind, RandomBytes(OneIn(200) ? 20'000 : 40));
    }
  }

  RowChange RandomRow() {
    RowChange row;
    row.table = tables_[Uniform(tables_.size())];
    row.kind = static_cast<RowChangeKind>(Uniform(4));
    const auto fill = [&](change::RowImage* image) {
      for (size_t i = 0; i < row.table->columns.size(); ++i) {
        const size_t kind = row.table->columns.size() == 18 ? i : Uniform(18);
        image->push_back(RandomValue(static_cast<ValueKind>(kind)));
      }
    };
    if (row.kind == RowChangeKind::kUpdate || row.kind == RowChangeKind::kDelete) {
      fill(&row.before);
    }
    if (row.kind != RowChangeKind::kDelete) {
      fill(&row.after);
    }
    return row;
  }

  std::vector<RowChange> Fill(RowBuffer* buffer, size_t rows) {
    std::vector<RowChange> added;
    for (size_t i = 0; i < rows; ++i) {
      added.push_back(RandomRow());
      EXPECT_OK(buffer->Add(added.back()));
    }
    return added;
  }

  static void ExpectRows(const change::RowSequence& sequence, const std::vector<RowChange>& rows) {
    EXPECT_EQ(sequence.size(), rows.size());
    const auto cursor = sequence.Open();
    for (const RowChange& row : rows) {
      const auto next = cursor->Next();
      ASSERT_OK(next);
      ASSERT_NE(*next, nullptr);
      ExpectSameRow(**next, row);
    }
    const auto end = cursor->Next();
    ASSERT_OK(end);
    EXPECT_EQ(*end, nullptr);
  }

  // Of files without a name in the folder that this process has open.
  std::vector<std::string> OpenFiles() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      const auto target = std::filesystem::read_symlink(entry.path(), error);
      if (!error && target.string().rfind(options_.folder + "/", 0) == 0) {
        files.push_back(entry.path());
      }
    }
    return files;
  }

  // The error that reading the rows ends with.
  static Status ReadAll(const change::RowSequence& sequence) {
    const auto cursor = sequence.Open();
    for (;;) {
      BINSEEK_ASSIGN_OR_RETURN(const RowChange* row, cursor->Next());
      if (row == nullptr) {
        return Status::Ok();
      }
    }
  }

  const test::TempFolder folder_;
  SpillOptions options_;
  change::TableList tables_;
};

TEST_F(RowSpillTest, RowsOfEveryKindComeBackAsTheyWere) {
  for (uint64_t i = 0; i < Iterations(5); ++i) {
    RowBuffer buffer(&options_);
    const auto rows = Fill(&buffer, 1 + Uniform(3000));
    const auto taken = buffer.Take();
    ASSERT_OK(taken);
    ExpectRows(**taken, rows);
    ExpectRows(**taken, rows);
    for (const RowChange& row : rows) {
      EXPECT_THAT((*taken)->tables(), ::testing::Contains(row.table));
    }
    EXPECT_LE((*taken)->tables().size(), tables_.size());
    EXPECT_TRUE(buffer.empty());
  }
}

TEST_F(RowSpillTest, CursorsAreIndependentOfEachOther) {
  RowBuffer buffer(&options_);
  const auto rows = Fill(&buffer, 2000);
  const auto taken = buffer.Take();
  ASSERT_OK(taken);
  ASSERT_EQ(OpenFiles().size(), 1U);
  const auto slow = (*taken)->Open();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i == rows.size() / 2) {
      ExpectRows(**taken, rows);
    }
    const auto next = slow->Next();
    ASSERT_OK(next);
    ExpectSameRow(**next, rows[i]);
  }
}

TEST_F(RowSpillTest, ARowLargerThanMemoryComesBack) {
  RowBuffer buffer(&options_);
  RowChange row{RowChangeKind::kInsert, tables_[2], {}, {Value::Bytes(ValueKind::kText, "")}};
  row.after[0].bytes = std::string(5 << 20, 'x');
  ASSERT_OK(buffer.Add(row));
  ASSERT_OK(buffer.Add(row));
  const auto taken = buffer.Take();
  ASSERT_OK(taken);
  ASSERT_EQ(OpenFiles().size(), 1U);
  ExpectRows(**taken, {row, row});
}

TEST_F(RowSpillTest, WhatIsRolledBackIsGoneWhereverItLay) {
  for (uint64_t i = 0; i < Iterations(10); ++i) {
    RowBuffer buffer(&options_);
    std::vector<RowChange> model;
    std::vector<RowBuffer::Mark> marks = {buffer.mark()};
    for (int step = 0; step < 30; ++step) {
      const auto added = Fill(&buffer, Uniform(200));
      model.insert(model.end(), added.begin(), added.end());
      if (OneIn(3)) {
        marks.push_back(buffer.mark());
      }
      if (OneIn(4)) {
        const RowBuffer::Mark mark = marks[Uniform(marks.size())];
        ASSERT_OK(buffer.CutTo(mark));
        model.resize(std::min<size_t>(model.size(), mark.rows));
        EXPECT_EQ(buffer.size(), model.size());
        EXPECT_EQ(buffer.bytes(), mark.bytes);
        marks.erase(std::remove_if(marks.begin(), marks.end(),
                                   [&](const auto& other) { return other.rows > mark.rows; }),
                    marks.end());
      }
    }
    const auto taken = buffer.Take();
    ASSERT_OK(taken);
    ExpectRows(**taken, model);
  }
}

TEST_F(RowSpillTest, NoFileIsLeftInTheFolderWhateverHappens) {
  {
    RowBuffer buffer(&options_);
    Fill(&buffer, 1000);
    EXPECT_EQ(OpenFiles().size(), 1U);
    EXPECT_TRUE(std::filesystem::is_empty(options_.folder)) << "a crash would leave it";
  }
  EXPECT_TRUE(OpenFiles().empty());
  std::ofstream(options_.folder + "/transaction-AbCdEf") << "left by a crash as it was made";
  std::ofstream(options_.folder + "/other") << "of somebody else";
  ASSERT_OK(SpillFile::PrepareFolder(options_.folder));
  EXPECT_FALSE(std::filesystem::exists(options_.folder + "/transaction-AbCdEf"));
  EXPECT_TRUE(std::filesystem::exists(options_.folder + "/other"));
  ASSERT_OK(SpillFile::PrepareFolder(options_.folder + "/of/folders"));
  EXPECT_TRUE(std::filesystem::is_directory(options_.folder + "/of/folders"));
}

TEST_F(RowSpillTest, FewRowsNeedNoFile) {
  RowBuffer buffer(&options_);
  const auto rows = Fill(&buffer, 3);
  EXPECT_TRUE(OpenFiles().empty());
  const auto taken = buffer.Take();
  ASSERT_OK(taken);
  ExpectRows(**taken, rows);
}

TEST_F(RowSpillTest, ADiskWithoutRoomIsRetryableAndNamed) {
  const test::FullDisk disk(64 << 10);
  RowBuffer buffer(&options_);
  Status status;
  for (int i = 0; i < 20'000 && status.ok(); ++i) {
    status = buffer.Add(RandomRow());
  }
  EXPECT_STATUS(status, kUnavailable);
  EXPECT_TRUE(status.retryable());
  EXPECT_THAT(status.message(), HasSubstr(options_.folder));
  buffer.Clear();
  EXPECT_TRUE(OpenFiles().empty());
}

TEST_F(RowSpillTest, ATransactionAboveTheLimitsIsRefused) {
  options_.disk_bytes = 100'000;
  RowBuffer buffer(&options_);
  Status status;
  for (int i = 0; i < 20'000 && status.ok(); ++i) {
    status = buffer.Add(RandomRow());
  }
  EXPECT_STATUS(status, kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("source.transaction_disk"));
  options_.folder.clear();
  RowBuffer without(&options_);
  status = Status::Ok();
  for (int i = 0; i < 20'000 && status.ok(); ++i) {
    status = without.Add(RandomRow());
  }
  EXPECT_STATUS(status, kResourceExhausted);
}

TEST_F(RowSpillTest, AFileThatIsNotAsItWasWrittenIsCorruptionWithFileAndOffset) {
  RowBuffer buffer(&options_);
  Fill(&buffer, 4000);
  const auto taken = buffer.Take();
  ASSERT_OK(taken);
  ASSERT_EQ(OpenFiles().size(), 1U);
  const std::string file = OpenFiles()[0];
  const auto size = std::filesystem::file_size(file);
  const int fd = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  for (uint64_t i = 0; i < Iterations(100); ++i) {
    const auto at = static_cast<off_t>(i == 0 ? 0 : Uniform(size));
    char byte = 0;
    ASSERT_EQ(::pread(fd, &byte, 1, at), 1);
    const char bad = static_cast<char>(byte ^ (1 << Uniform(8)));
    ASSERT_EQ(::pwrite(fd, &bad, 1, at), 1);
    const Status status = ReadAll(**taken);
    EXPECT_STATUS(status, kCorruption) << "byte " << at;
    EXPECT_THAT(status.message(), HasSubstr(options_.folder + "/transaction-"));
    EXPECT_THAT(status.message(), HasSubstr("offset "));
    ASSERT_EQ(::pwrite(fd, &byte, 1, at), 1);
  }
  EXPECT_OK(ReadAll(**taken));
  for (const uint64_t left : {size - 1, size / 2, uint64_t{9}, uint64_t{8}, uint64_t{3}}) {
    ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(left)), 0);
    const Status status = ReadAll(**taken);
    EXPECT_STATUS(status, kCorruption) << left << " bytes";
    EXPECT_THAT(status.message(), HasSubstr("offset " + std::to_string(left)));
  }
  ::close(fd);
}

TEST_F(RowSpillTest, HostileBytesAreNoRowOrSomeRow) {
  for (uint64_t i = 0; i < Iterations(20'000); ++i) {
    std::string bytes;
    const RowChange row = RandomRow();
    EncodeRow(row, std::find(tables_.begin(), tables_.end(), row.table) - tables_.begin(), &bytes);
    switch (Uniform(3)) {
      case 0:
        bytes = RandomBytes(64);
        break;
      case 1:
        bytes.resize(Uniform(bytes.size() + 1));
        break;
      default:
        bytes[Uniform(bytes.size())] = static_cast<char>(random()());
    }
    ByteReader reader(bytes);
    RowChange decoded;
    DecodeRow(tables_, &reader, &decoded);
    if (!reader.ok()) {
      continue;
    }
    // Whatever it is, it is a row.
    ASSERT_NE(decoded.table, nullptr);
    for (const change::RowImage* image : {&decoded.before, &decoded.after}) {
      EXPECT_TRUE(image->empty() || image->size() == decoded.table->columns.size());
    }
    std::string again;
    EncodeRow(decoded, std::find(tables_.begin(), tables_.end(), decoded.table) - tables_.begin(),
              &again);
    ByteReader second(again);
    RowChange same;
    DecodeRow(tables_, &second, &same);
    EXPECT_TRUE(second.ok() && second.AtEnd());
    ExpectSameRow(same, decoded);
  }
}

}  // namespace
}  // namespace binseek::binlog
