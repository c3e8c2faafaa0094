#include "tests/sync/mapper/partial_images.h"

#include <algorithm>

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Value;

bool IsBlob(const Column& column) {
  switch (column.type) {
    case ColumnType::kText:
    case ColumnType::kBlob:
    case ColumnType::kJson:
    case ColumnType::kGeometry:
    case ColumnType::kVector:
      return true;
    default:
      return false;
  }
}

// Leaves the columns for which `keep` says so.
template <class Keep>
void Thin(RowImage* image, Keep keep) {
  for (uint32_t i = 0; i < image->size(); ++i) {
    if (!keep(i)) {
      (*image)[i] = Value::Absent();
    }
  }
}

}  // namespace

std::string_view ImageSettingName(ImageSetting setting) {
  return setting == ImageSetting::kFull     ? "FULL"
         : setting == ImageSetting::kNoblob ? "NOBLOB"
                                            : "MINIMAL";
}

RowChange AsLogged(const RowChange& whole, ImageSetting setting, change::Flavor flavor,
                   const std::set<uint32_t>& named, bool replace) {
  if (setting == ImageSetting::kFull) {
    return whole;
  }
  const change::TableSchema& table = *whole.table;
  const bool noblob = setting == ImageSetting::kNoblob;
  const bool mariadb = flavor == change::Flavor::kMariadb;
  const auto in_key = [&](uint32_t i) {
    return std::find(table.key.begin(), table.key.end(), i) != table.key.end();
  };
  const auto keeps_in_full = [&](uint32_t i) { return noblob && !IsBlob(table.columns[i]); };
  RowChange logged = whole;
  Thin(&logged.before, [&](uint32_t i) { return in_key(i) || keeps_in_full(i); });
  if (replace && !mariadb) {
    return logged;  // MySQL knows that all of the row is new
  }
  Thin(&logged.after, [&](uint32_t i) {
    const Column& column = table.columns[i];
    const bool changed =
        whole.kind == RowChangeKind::kUpdate && !replace && !(whole.before[i] == whole.after[i]);
    if (column.generated && mariadb && !noblob) {
      return false;  // those that are not stored
    }
    return keeps_in_full(i) || changed || named.contains(i) || (replace && in_key(i));
  });
  return logged;
}

}  // namespace binseek::mapper
