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

# Random changes of ranges and random questions, beside the stock butler. By hand, thousands: the last three are numbers of
# changes and questions, and a seed.
add_executable(system_range_driver ${CMAKE_CURRENT_SOURCE_DIR}/system/butler/range_driver.c)
target_include_directories(system_range_driver PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(system_range_driver PRIVATE cb_butler PkgConfig::CMOCKA)
add_test(NAME system.ranges.beside_the_stock_butler
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_ranges
          $<TARGET_FILE:system_build_repository> $<TARGET_FILE:system_range_driver> $<TARGET_FILE:calbus> 250 100 1)
set_tests_properties(system.ranges.beside_the_stock_butler PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
