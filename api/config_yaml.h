// What YAML says, as JSON: for values that are read by what they mean elsewhere.
//
// Thread-safety: pure function. Errors: kInvalidArgument.
#ifndef BINSEEK_API_CONFIG_YAML_H_
#define BINSEEK_API_CONFIG_YAML_H_

#include <string>

#include "engine/base/result.h"

namespace YAML {  // NOLINT(readability-identifier-naming): yaml-cpp's own
class Node;
}

namespace binseek::api {

// Quoted scalars are texts; plain ones are numbers, true, false and null where they look like JSON's, else texts. A key that is given twice is
// refused, and so are more than 10,000 values (aliases count as often as they are used). May throw what yaml-cpp throws.
[[nodiscard]] Result<std::string> JsonOfYaml(const YAML::Node& node);

}  // namespace binseek::api

#endif  // BINSEEK_API_CONFIG_YAML_H_
