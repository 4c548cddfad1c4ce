# Formatting and static analysis, as tests.
function(cb_static_test name)
  add_test(NAME static.${name}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/static/${name} ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  set_tests_properties(static.${name} PROPERTIES LABELS static TIMEOUT 2400 SKIP_RETURN_CODE 77)
endfunction()
cb_static_test(format)
cb_static_test(cppcheck)
cb_static_test(clang_tidy)
cb_static_test(shell)
set_tests_properties(static.clang_tidy PROPERTIES COST 1000)
