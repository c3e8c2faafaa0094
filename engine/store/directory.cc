#include "engine/store/directory.h"

#include "engine/base/fault_point.h"

namespace binseek::store {
namespace {

Status Fill(WritableFile* out, std::string_view bytes) {
  BINSEEK_RETURN_IF_ERROR(out->Append(bytes.substr(0, bytes.size() / 2)));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("store.half_written"));
  BINSEEK_RETURN_IF_ERROR(out->Append(bytes.substr(bytes.size() / 2)));
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("store.sync"));
  BINSEEK_RETURN_IF_ERROR(out->Sync());
  return out->Close();
}

}  // namespace

Result<bool> Directory::TryLink(const Directory& /*from*/, const std::string& /*file*/) {
  return false;
}

Status WriteFile(Directory* directory, const std::string& file, std::string_view bytes) {
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("store.create"));
  BINSEEK_ASSIGN_OR_RETURN(const auto out, directory->Create(file));
  Status status = Fill(out.get(), bytes);
  if (!status.ok()) {
    const Status ignored = directory->Delete(file);  // the first error says more
    static_cast<void>(ignored.ok());
  }
  return status;
}

}  // namespace binseek::store
