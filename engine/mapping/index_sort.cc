#include "engine/mapping/index_sort.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/mapping/mapping.h"

namespace binseek::mapping {
namespace {

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string ListText(const std::vector<std::string>& items) {
  std::string text = "[";
  for (const std::string& item : items) {
    text += (text.size() == 1 ? "" : ", ") + item;
  }
  return text + "]";
}

Status CheckSize(const IndexSortSettings& settings, std::string_view name,
                 const std::vector<std::string>& items) {
  if (items.empty() || items.size() == settings.fields.size()) {
    return Status::Ok();
  }
  return Status::InvalidArgument("index.sort.field:" + ListText(settings.fields) + " index.sort." +
                                 std::string(name) + ":" + ListText(items) + ", size mismatch");
}

Status SetOrder(const std::string& given, IndexSortKey* key) {
  const std::string order = Lower(given);
  if (order != "asc" && order != "desc") {
    return Status::InvalidArgument("Illegal sort order:" + given);
  }
  key->descending = order == "desc";
  key->greatest = key->descending;
  return Status::Ok();
}

Status SetMode(const std::string& given, IndexSortKey* key) {
  const std::string mode = Lower(given);
  if (mode != "min" && mode != "max") {
    return Status::InvalidArgument("Illegal index sort mode:[" + given +
                                   "], must be one of [MAX, MIN]");
  }
  key->greatest = mode == "max";
  return Status::Ok();
}

Status SetMissing(const std::string& given, IndexSortKey* key) {
  if (given != "_last" && given != "_first") {
    return Status::InvalidArgument("Illegal missing value:[" + given +
                                   "], must be one of [_last, _first]");
  }
  key->missing_first = given == "_first";
  return Status::Ok();
}

}  // namespace

Status CheckSortable(const Field& field) {
  if (field.kind == FieldKind::kText || !field.doc_values) {
    return Status::InvalidArgument("docvalues not found for index sort field:[" + field.name + "]");
  }
  if (!field.is_keyword() && !field.is_numeric()) {
    return Status::InvalidArgument("invalid index sort field:[" + field.name + "]");
  }
  if (field.in_place) {
    return Status::InvalidArgument("invalid index sort field:[" + field.name +
                                   "], its values change in place");
  }
  return Status::Ok();
}

Status CheckIndexSort(const Mapping& mapping) {
  for (const IndexSortKey& key : mapping.index_sort().keys) {
    const Field* field = mapping.Find(key.field);
    if (field == nullptr) {
      return Status::InvalidArgument("unknown index sort field:[" +
                                     std::to_string(static_cast<uint32_t>(key.field)) + "]");
    }
    BINSEEK_RETURN_IF_ERROR(CheckSortable(*field));
  }
  return Status::Ok();
}

Result<IndexSort> MakeIndexSort(const IndexSortSettings& settings, const Mapping& mapping) {
  BINSEEK_RETURN_IF_ERROR(CheckSize(settings, "order", settings.orders));
  BINSEEK_RETURN_IF_ERROR(CheckSize(settings, "mode", settings.modes));
  BINSEEK_RETURN_IF_ERROR(CheckSize(settings, "missing", settings.missing));
  IndexSort sort;
  for (size_t i = 0; i < settings.fields.size(); ++i) {
    const Field* field = mapping.Find(settings.fields[i]);
    if (field == nullptr) {
      return Status::InvalidArgument("unknown index sort field:[" + settings.fields[i] + "]");
    }
    BINSEEK_RETURN_IF_ERROR(CheckSortable(*field));
    IndexSortKey key{.field = field->id};
    if (!settings.orders.empty()) {
      BINSEEK_RETURN_IF_ERROR(SetOrder(settings.orders[i], &key));
    }
    if (!settings.modes.empty()) {
      BINSEEK_RETURN_IF_ERROR(SetMode(settings.modes[i], &key));
    }
    if (!settings.missing.empty()) {
      BINSEEK_RETURN_IF_ERROR(SetMissing(settings.missing[i], &key));
    }
    sort.keys.push_back(key);
  }
  return sort;
}

}  // namespace binseek::mapping
