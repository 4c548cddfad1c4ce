# A night from raw files to the summit, with the whole suite: undisturbed, killed, doubled, repeated, cut off, damaged.
find_package(Python3 COMPONENTS Interpreter REQUIRED)
set(night ${CMAKE_CURRENT_SOURCE_DIR}/system/night)
function(night_test name timeout script)
  add_test(NAME system.night.${name} COMMAND Python3::Interpreter -B ${night}/${script}.py $<TARGET_FILE:calbus> ${ARGN})
  # each is a whole suite on both processors: one at a time
  set_tests_properties(system.night.${name} PROPERTIES LABELS system TIMEOUT ${timeout} SKIP_RETURN_CODE 77
    RESOURCE_LOCK suite)
endfunction()

foreach(broker mock kafka)
  night_test(from_raw_files_to_the_summit_on_${broker} 900 a_night_from_raw_files_to_the_summit ${broker}
    ${CMAKE_CURRENT_SOURCE_DIR}/support/stock_butler)
endforeach()
# The two longest are told to run by tests/run --long; otherwise ctest's summary names them as disabled.
option(CALBUS_LONG_TESTS "run the nights that are killed and cut off throughout, too" OFF)
night_test(killing_anything_changes_nothing 1800 killing_anything_changes_nothing 1)
night_test(the_same_event_fifty_times 900 the_same_event_fifty_times)
night_test(two_of_every_service 900 two_of_every_service)
night_test(without_broker_or_database_for_a_while 1200 without_broker_or_database_for_a_while)
night_test(damaged_files_are_set_aside 600 damaged_files_are_set_aside ${CMAKE_CURRENT_SOURCE_DIR}/golden/real)
if(NOT CALBUS_LONG_TESTS)
  set_tests_properties(system.night.killing_anything_changes_nothing
    system.night.without_broker_or_database_for_a_while PROPERTIES DISABLED ON)
endif()
