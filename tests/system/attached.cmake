# A suite on repositories that the stock butler made. killed: each service between the commits of two databases, which covers
# what calm does; that one runs with --long.
foreach(how calm killed)
  add_test(NAME system.attached.whole_way_${how}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/attached/attached whole_way.py
            $<TARGET_FILE:calbus> ${how})
  set_tests_properties(system.attached.whole_way_${how} PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77 RESOURCE_LOCK suite)
endforeach()
if(NOT CALBUS_LONG_TESTS)
  set_tests_properties(system.attached.whole_way_calm PROPERTIES DISABLED ON)
endif()
