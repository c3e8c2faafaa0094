// Row events as servers log them below binlog_row_image FULL, made from whole images.
#ifndef BINSEEK_TESTS_SYNC_MAPPER_PARTIAL_IMAGES_H_
#define BINSEEK_TESTS_SYNC_MAPPER_PARTIAL_IMAGES_H_

#include <set>
#include <string_view>

#include "sync/change/position.h"
#include "sync/change/row_change.h"

namespace binseek::mapper {

enum class ImageSetting : uint8_t { kFull, kNoblob, kMinimal };

std::string_view ImageSettingName(ImageSetting setting);

// What a server logs of `whole`, an INSERT, UPDATE or DELETE of a table with a key. `named`: the columns that the statement gives a value;
// of an update, those that it changes are among them in any case. `replace`: the update is what a REPLACE became, whose columns that were not
// named got their defaults. Columns that are generated have changed where `whole` says so.
change::RowChange AsLogged(const change::RowChange& whole, ImageSetting setting,
                           change::Flavor flavor, const std::set<uint32_t>& named,
                           bool replace = false);

}  // namespace binseek::mapper

#endif  // BINSEEK_TESTS_SYNC_MAPPER_PARTIAL_IMAGES_H_
