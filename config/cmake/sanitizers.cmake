# Sanitizers named by BINSEEK_SANITIZERS, for all of our targets alike.

if(BINSEEK_SANITIZERS)
  list(JOIN BINSEEK_SANITIZERS "," _binseek_sanitizers)
  set(_binseek_sanitize -fsanitize=${_binseek_sanitizers} -fno-omit-frame-pointer
                        -fno-sanitize-recover=all)
  target_compile_options(binseek_flavour INTERFACE ${_binseek_sanitize})
  # g++ sees uninitialised members of every std::variant that it has instrumented.
  target_compile_options(binseek_flavour INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(binseek_flavour INTERFACE ${_binseek_sanitize})
  if(BINSEEK_FUZZ)
    # A fuzzer finds its way by the branches that it sees taken: those of the layers, not its own few.
    target_compile_options(binseek_flavour INTERFACE -fsanitize=fuzzer-no-link)
  endif()
endif()
