// Where things lie in a data directory. Pure functions.
#ifndef BINSEEK_API_CLI_DATA_DIRECTORY_H_
#define BINSEEK_API_CLI_DATA_DIRECTORY_H_

#include <string>

namespace binseek::api::cli {

inline std::string IndexDirectory(const std::string& data_dir) { return data_dir + "/index"; }
// Of rows that memory does not hold, for as long as their transaction is applied.
inline std::string SpillDirectory(const std::string& data_dir) { return data_dir + "/spill"; }
inline std::string StateFile(const std::string& data_dir) { return data_dir + "/state.sqlite"; }

}  // namespace binseek::api::cli

#endif  // BINSEEK_API_CLI_DATA_DIRECTORY_H_
