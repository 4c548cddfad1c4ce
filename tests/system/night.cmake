# A night from raw files to the summit, with the whole suite: undisturbed, killed, doubled, repeated, cut off, damaged.
# Each can run on both brokers. By default the undisturbed and the killed one do, the others on one each; tests/run --long
# runs all, and until then ctest's summary names what is left out as disabled.
find_package(Python3 COMPONENTS Interpreter REQUIRED)
option(CALBUS_LONG_TESTS "run every night on both brokers" OFF)
set(night ${CMAKE_CURRENT_SOURCE_DIR}/system/night)
set(outcome ${CMAKE_CURRENT_BINARY_DIR}/undisturbed-night) # what the undisturbed night leaves, for the others to compare

# night_test(NAME SCRIPT BROKERS ARGUMENT...): SCRIPT CALBUS BROKER ARGUMENT... by default on BROKERS, a list; @broker@ in
# an argument is the broker
function(night_test name script by_default)
  foreach(broker mock kafka)
    set(test system.night.${name}_on_${broker})
    string(CONFIGURE "${ARGN}" arguments @ONLY)
    add_test(NAME ${test}
      COMMAND Python3::Interpreter -B ${night}/${script}.py $<TARGET_FILE:calbus> ${broker} ${arguments})
    # each is a whole suite on both processors: one at a time
    set_tests_properties(${test} PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77 RESOURCE_LOCK suite)
    if(NOT CALBUS_LONG_TESTS AND NOT broker IN_LIST by_default)
      set_tests_properties(${test} PROPERTIES DISABLED ON)
    endif()
  endforeach()
endfunction()

night_test(from_raw_files_to_the_summit a_night_from_raw_files_to_the_summit "mock;kafka" ${outcome}-@broker@
  ${CMAKE_CURRENT_SOURCE_DIR}/support/stock_butler)
night_test(killing_anything_changes_nothing killing_anything_changes_nothing "mock;kafka" ${outcome}-mock 1)
night_test(the_same_event_fifty_times the_same_event_fifty_times kafka)
night_test(two_of_every_service two_of_every_service kafka ${outcome}-mock)
night_test(without_broker_or_database_for_a_while without_broker_or_database_for_a_while mock ${outcome}-mock)
night_test(a_request_that_overtakes_an_event_is_not_refused a_request_that_overtakes_an_event_is_not_refused mock)
night_test(damaged_files_are_set_aside damaged_files_are_set_aside mock ${CMAKE_CURRENT_SOURCE_DIR}/golden/real)

# The outcome of the night on the mock holds for both brokers.
set_tests_properties(system.night.from_raw_files_to_the_summit_on_mock PROPERTIES FIXTURES_SETUP undisturbed_night)
foreach(broker mock kafka)
  foreach(name killing_anything_changes_nothing two_of_every_service without_broker_or_database_for_a_while)
    set_tests_properties(system.night.${name}_on_${broker} PROPERTIES FIXTURES_REQUIRED undisturbed_night)
  endforeach()
endforeach()
