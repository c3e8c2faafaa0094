#include "engine/store/directory.h"

namespace binseek::store {

Status WriteFile(Directory* directory, const std::string& file, std::string_view bytes) {
  BINSEEK_ASSIGN_OR_RETURN(const auto out, directory->Create(file));
  BINSEEK_RETURN_IF_ERROR(out->Append(bytes));
  BINSEEK_RETURN_IF_ERROR(out->Sync());
  return out->Close();
}

}  // namespace binseek::store
