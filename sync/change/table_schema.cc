#include "sync/change/table_schema.h"

namespace binseek::change {
namespace {

bool SameColumn(const Column& a, const Column& b) {
  return a.name == b.name && a.type == b.type && a.is_unsigned == b.is_unsigned &&
         a.length == b.length && a.precision == b.precision && a.scale == b.scale &&
         a.charset == b.charset && a.geometry == b.geometry && a.labels == b.labels;
}

}  // namespace

int TableSchema::FindColumn(const std::string& name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name == name) {
      return static_cast<int>(i);
    }
  }
  return -1;
}

bool SameShape(const TableSchema& a, const TableSchema& b) {
  if (a.columns.size() != b.columns.size() || a.key != b.key || a.versioning != b.versioning ||
      a.row_end != b.row_end) {
    return false;
  }
  for (size_t i = 0; i < a.columns.size(); ++i) {
    if (!SameColumn(a.columns[i], b.columns[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace binseek::change
