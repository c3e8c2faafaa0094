// engine_soak --directory PATH [--seconds N] [...]: what `./dev drill soak` runs. Options: SoakOptions of soak_run.h, `_` as `-`.
// Ends with status 1 where something differed, 2 where an option is not understood.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include "tests/drills/soak_engine/soak_run.h"

int main(int argc, char** argv) {
  binseek::soak::SoakOptions options;
  const auto number = [](auto* into) {
    return [into](const char* text) {
      using Number = std::remove_pointer_t<decltype(into)>;
      *into = static_cast<Number>(std::strtod(text, nullptr));
    };
  };
  const std::map<std::string, std::function<void(const char*)>> setters = {
      {"--directory", [&](const char* text) { options.directory = text; }},
      {"--seconds", number(&options.seconds)},
      {"--hold-seconds", number(&options.hold_seconds)},
      {"--documents", number(&options.documents)},
      {"--rows-per-second", number(&options.rows_per_second)},
      {"--readers", number(&options.readers)},
      {"--memory-limit-mb", number(&options.memory_limit_mb)},
      {"--anonymous-limit-mb", number(&options.anonymous_limit_mb)},
      {"--seed", number(&options.seed)},
  };
  for (int i = 1; i < argc; i += 2) {
    const auto setter = setters.find(argv[i]);
    if (setter == setters.end() || i + 1 == argc) {
      std::fprintf(stderr, "engine_soak: what is '%s'?\n", argv[i]);
      return 2;
    }
    setter->second(argv[i + 1]);
  }
  if (options.directory.empty() || options.documents < 2 || options.rows_per_second == 0) {
    std::fprintf(stderr, "engine_soak: needs --directory, two documents and a rate\n");
    return 2;
  }
  return binseek::soak::RunSoak(options) == 0 ? 0 : 1;
}
