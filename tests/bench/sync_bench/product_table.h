// ProductTable: the table of product_table.sql, as SHOW CREATE would say it of either server.
#ifndef BINSEEK_TESTS_BENCH_SYNC_BENCH_PRODUCT_TABLE_H_
#define BINSEEK_TESTS_BENCH_SYNC_BENCH_PRODUCT_TABLE_H_

#include <memory>

#include "sync/change/table_schema.h"

namespace binseek::bench {

std::shared_ptr<const change::TableSchema> ProductTable();

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_SYNC_BENCH_PRODUCT_TABLE_H_
