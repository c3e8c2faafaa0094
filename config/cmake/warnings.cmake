# Warnings of our own code; linked privately, so that they never reach third-party headers.

add_library(binseek_warnings INTERFACE)
target_compile_options(binseek_warnings INTERFACE -Wall -Wextra -Werror)
if(NOT BINSEEK_BATCHES)
  # Sources that are compiled together would shadow each other's constants; preset dev looks at each alone (./dev drill alone).
  target_compile_options(binseek_warnings INTERFACE -Wshadow)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(binseek_warnings INTERFACE -Wthread-safety -Werror=thread-safety)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 takes variants and optional strings for uninitialised at any level, and at -O2 appends to strings for errors (its bugs 105562, 105651).
  target_compile_options(binseek_warnings INTERFACE -Wno-maybe-uninitialized "$<$<CONFIG:Release>:-Wno-restrict>")
endif()
