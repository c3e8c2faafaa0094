#include "engine/index/tombstones.h"

#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {

void ApplyTombstoneEdit(const TombstoneEdit& edit, Tombstones* tombstones) {
  switch (edit.kind) {
    case TombstoneEdit::Kind::kPut:
      (*tombstones)[edit.index][edit.key] = edit.version;
      break;
    case TombstoneEdit::Kind::kErase:
      (*tombstones)[edit.index].erase(edit.key);
      break;
    case TombstoneEdit::Kind::kForgetBelow:
      std::erase_if((*tombstones)[edit.index],
                    [&](const auto& entry) { return entry.second < edit.version; });
      break;
    case TombstoneEdit::Kind::kDropIndex:
      tombstones->erase(edit.index);
      break;
  }
}

std::string EncodeTombstoneEdits(std::span<const TombstoneEdit> edits) {
  std::string out;
  PutVarint(&out, edits.size());
  for (const TombstoneEdit& edit : edits) {
    out.push_back(static_cast<char>(edit.kind));
    PutVarint(&out, static_cast<uint32_t>(edit.index));
    PutLengthPrefixed(&out, edit.key);
    PutVarint(&out, ZigZagEncode(edit.version));
  }
  return out;
}

std::vector<TombstoneEdit> AsEdits(const Tombstones& tombstones) {
  std::vector<TombstoneEdit> edits;
  for (const auto& [index, keys] : tombstones) {
    for (const auto& [key, version] : keys) {
      edits.push_back({TombstoneEdit::Kind::kPut, index, key, version});
    }
  }
  return edits;
}

Status ReadTombstoneEdits(std::string_view payload, Tombstones* tombstones, uint64_t* edits) {
  ByteReader reader(payload);
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    TombstoneEdit edit;
    const uint8_t kind = reader.U8();
    if (kind > static_cast<uint8_t>(TombstoneEdit::Kind::kDropIndex)) {
      reader.Fail("no kind of tombstone edit: " + std::to_string(kind));
      break;
    }
    edit.kind = TombstoneEdit::Kind{kind};
    edit.index = IndexId{static_cast<uint32_t>(reader.Varint())};
    edit.key = reader.LengthPrefixed();
    edit.version = ZigZagDecode(reader.Varint());
    if (reader.ok()) {
      ApplyTombstoneEdit(edit, tombstones);
    }
  }
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("tombstones"));
  *edits += count;
  return Status::Ok();
}

}  // namespace binseek::index
