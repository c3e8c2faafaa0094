# Warnings of our own code; linked privately, so that they never reach third-party headers.

add_library(binseek_warnings INTERFACE)
target_compile_options(binseek_warnings INTERFACE -Wall -Wextra -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(binseek_warnings INTERFACE -Wthread-safety -Werror=thread-safety)
endif()
