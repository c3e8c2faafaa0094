#include "engine/search/date_text.h"

#include "engine/mapping/date.h"
#include "engine/search/date_math.h"

namespace binseek::search {

Result<int64_t> ParseDateText(const std::string& text, const std::string& format,
                              const std::string& zone, int64_t now_micros) {
  BINSEEK_ASSIGN_OR_RETURN(const int64_t micros,
                           ParseDateMath(text, {format, zone}, now_micros, false));
  return mapping::MillisFromMicros(micros);
}

}  // namespace binseek::search
