# Speeds builds up where the tools are there; never changes what is built.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

find_program(BINSEEK_CCACHE ccache)
if(BINSEEK_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${BINSEEK_CCACHE})
endif()

# What every target of ours is compiled with, and what its users must be compiled with too.
add_library(binseek_flavour INTERFACE)
target_include_directories(binseek_flavour INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_features(binseek_flavour INTERFACE cxx_std_20)
if(BINSEEK_FAULTS)
  target_compile_definitions(binseek_flavour INTERFACE BINSEEK_ENABLE_FAULTS=1)
endif()

find_package(Threads REQUIRED)
target_link_libraries(binseek_flavour INTERFACE Threads::Threads)

find_program(BINSEEK_MOLD mold)
find_program(BINSEEK_LLD NAMES ld.lld ld.lld-14)
if(BINSEEK_MOLD)
  target_link_options(binseek_flavour INTERFACE -fuse-ld=mold)
elseif(BINSEEK_LLD)
  target_link_options(binseek_flavour INTERFACE -fuse-ld=lld)
endif()
