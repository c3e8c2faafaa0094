// TypeMatrix: every column type that a server has, and for each the classes of values at which roads tend to part, made by rule.
//
//   const auto types = TypeMatrix(ServerFlavor::kMysql9, CharsetsOf(session), random.engine());
//   const MatrixTable table("m", types);
//   session->Execute(table.CreateStatement());
//   for (size_t row = 0; row < table.rows(); ++row) session->Execute(table.InsertStatement(row, 0));
//
// Statements are for sessions as mysql::Connection sets them up (sql_mode = ''), where a server bends a value that does not fit rather
// than refuse it: what is stored then is what counts, on every road.
//
// Thread-compatible; plain values. Errors: none.
#ifndef BINSEEK_TESTS_INTEGRATION_TYPE_MATRIX_H_
#define BINSEEK_TESTS_INTEGRATION_TYPE_MATRIX_H_

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "sync/mysql/connection.h"
#include "tests/support/seeded_test.h"
#include "tests/support/test_server.h"

namespace binseek::test {

// What draws the matrix's random values: the seed is the test run's, and is printed where the test fails.
class MatrixRandom : public SeededTest {
 public:
  void TestBody() override {}
  std::mt19937_64* engine() { return &random(); }
};

struct MatrixValue {
  std::string value_class;  // "max", "trailing blanks"; for messages
  std::string sql;          // an expression
};

// MariaDB's JSON takes it and keeps it; no document can be made of it.
inline constexpr std::string_view kDuplicateKey = "duplicate key";

struct MatrixType {
  std::string sql;  // "DECIMAL(10,2) UNSIGNED"
  std::vector<MatrixValue> values;
};

// Of every type that `flavor` has, in a fixed order. `charsets`: those that text columns are made of, beside utf8mb4. `random` draws
// some values of each type that has many.
std::vector<MatrixType> TypeMatrix(ServerFlavor flavor, const std::vector<std::string>& charsets,
                                   std::mt19937_64* random);

// All that the server has for text.
std::vector<std::string> CharsetsOf(mysql::Connection* session);

// The same without the values of one class.
std::vector<MatrixType> Without(std::string_view value_class, std::vector<MatrixType> types);

// A table of `id INT PRIMARY KEY` and a column c0, c1, ... of each type, and rows that hold every value of each at least once.
class MatrixTable {
 public:
  MatrixTable(std::string name, std::vector<MatrixType> types);

  const std::string& name() const { return name_; }
  const std::vector<MatrixType>& types() const { return types_; }
  size_t rows() const { return rows_; }

  std::string CreateStatement() const;
  // Row `row` has the id `row`. With another shift it has other values, and columns of few values the same: with the shift of 0 as many
  // statements as there are rows bring every value in, with a shift of 1 every value is followed by the next one of its type.
  std::string InsertStatement(size_t row, size_t shift) const;
  std::string UpdateStatement(size_t row, size_t shift) const;
  // "DECIMAL(10,2) UNSIGNED, max"; `column` is c0's ordinal in the table less one.
  std::string Describe(size_t column, size_t row, size_t shift) const;

 private:
  const MatrixValue& ValueOf(size_t column, size_t row, size_t shift) const;

  std::string name_;
  std::vector<MatrixType> types_;
  size_t rows_ = 0;
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_INTEGRATION_TYPE_MATRIX_H_
