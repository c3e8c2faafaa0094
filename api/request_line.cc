#include "api/request_line.h"

namespace binseek::api {

size_t RequestLine::Show(char* data, size_t size) {
  size_t shown = 0;
  for (size_t i = 0; i < size; ++i) {
    const char c = data[i];
    const bool ends = c == ' ' || c == '\r' || c == '\n';
    switch (part_) {
      case Part::kMethod:
        part_ = c == ' ' ? Part::kTargetBegins : (ends ? Part::kRest : part_);
        data[shown++] = c;
        break;
      case Part::kTargetBegins:
        part_ = ends ? Part::kRest : (c == '#' ? Part::kFragment : Part::kTarget);
        data[shown++] = ends ? c : '/';
        if (part_ == Part::kTarget) {
          target_ += c;
        }
        break;
      case Part::kTarget:
      case Part::kFragment:
        if (ends) {
          part_ = Part::kRest;
          data[shown++] = c;
        } else if (c == '#' || part_ == Part::kFragment) {
          part_ = Part::kFragment;
        } else {
          target_ += c;
        }
        break;
      case Part::kRest:
        data[shown++] = c;
        break;
    }
  }
  return shown;
}

}  // namespace binseek::api
