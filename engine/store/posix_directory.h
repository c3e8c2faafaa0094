// PosixDirectory: a Directory in the file system. Makes the folder where it is missing.
//
// Thread-safe. The lock is an advisory lock on the file "lock", so it goes with the process, however that ends.
#ifndef BINSEEK_ENGINE_STORE_POSIX_DIRECTORY_H_
#define BINSEEK_ENGINE_STORE_POSIX_DIRECTORY_H_

#include <memory>
#include <string>

#include "engine/store/directory.h"

namespace binseek::store {

[[nodiscard]] Result<std::shared_ptr<Directory>> OpenPosixDirectory(const std::string& path);

}  // namespace binseek::store

#endif  // BINSEEK_ENGINE_STORE_POSIX_DIRECTORY_H_
