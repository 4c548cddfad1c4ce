# Ranges of what is in force are changed with the board's consent, and the sites follow.
foreach(broker mock kafka)
  add_test(NAME system.ranges.reach_the_sites_on_${broker}
    COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/system/ranges/reach_the_sites.py $<TARGET_FILE:calbus> ${broker})
  set_tests_properties(system.ranges.reach_the_sites_on_${broker}
    PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
endforeach()
if(NOT CALBUS_LONG_TESTS)
  set_tests_properties(system.ranges.reach_the_sites_on_kafka PROPERTIES DISABLED ON)
endif()
