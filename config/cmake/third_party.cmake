# Third-party libraries, each under one name of ours. All come from Debian packages (config/packages.txt);
# their headers are system headers, so that their warnings stay theirs.

# binseek_third_party(NAME [INCLUDE DIR] LIBS x y ...)
# A target that exists whether or not the library is installed: what is absent fails where it is used.
function(binseek_third_party name)
  cmake_parse_arguments(ARG "" "INCLUDE" "LIBS;DEFINITIONS" ${ARGN})
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  if(ARG_INCLUDE)
    target_include_directories(${name} SYSTEM INTERFACE ${ARG_INCLUDE})
  endif()
  target_compile_definitions(${name} INTERFACE ${ARG_DEFINITIONS})
  target_link_libraries(${name} INTERFACE ${ARG_LIBS})
endfunction()

binseek_third_party(binseek_mariadb INCLUDE /usr/include/mariadb LIBS mariadb)
binseek_third_party(binseek_sqlite LIBS sqlite3)
binseek_third_party(binseek_rapidjson)
# The definitions are those that Debian's library was compiled with (cpp-httplib.pc); others would break its ABI.
binseek_third_party(binseek_httplib LIBS cpp-httplib ssl crypto z
  DEFINITIONS CPPHTTPLIB_OPENSSL_SUPPORT CPPHTTPLIB_ZLIB_SUPPORT CPPHTTPLIB_BROTLI_SUPPORT)
binseek_third_party(binseek_yaml LIBS yaml-cpp)
binseek_third_party(binseek_cli11)
binseek_third_party(binseek_icu LIBS icui18n icuuc icudata)
binseek_third_party(binseek_zstd LIBS zstd)
binseek_third_party(binseek_zlib LIBS z)
binseek_third_party(binseek_xxhash LIBS xxhash)
binseek_third_party(binseek_openssl LIBS ssl crypto)
binseek_third_party(binseek_stemmer LIBS stemmer)
# Static, so that it takes the place of malloc by being linked at all. Release builds only: sanitizers bring their own.
binseek_third_party(binseek_jemalloc LIBS $<$<CONFIG:Release>:-l:libjemalloc_pic.a> $<$<CONFIG:Release>:m>)
