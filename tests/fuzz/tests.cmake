# fuzz/ turns any bytes into calls of one decoder. Built with clang and -DCALBUS_FUZZ=ON only; each target runs by
# hand with a corpus folder. Targets: cb_fuzz(name layer) for fuzz_<name>.c, linked to cb_<layer>.
if(CALBUS_FUZZ)
  function(cb_fuzz name layer)
    add_executable(fuzz_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/fuzz_${name}.c)
    target_compile_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${name} PRIVATE cb_${layer})
  endfunction()
  cb_fuzz(where domain)
endif()
