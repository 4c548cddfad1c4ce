# The contract of the bus: schemas change compatibly, every event is decoded, yesterday's bytes are understood.
add_executable(contract_events ${CMAKE_CURRENT_SOURCE_DIR}/contract/test_events.c)
target_include_directories(contract_events PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(contract_events PRIVATE CB_CONTRACT_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/contract/golden")
target_link_libraries(contract_events PRIVATE cb_service PkgConfig::CMOCKA)
add_test(NAME contract.events COMMAND contract_events)
add_test(NAME contract.evolution COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/contract/evolution.py ${CMAKE_SOURCE_DIR})
add_test(NAME contract.evolution_check COMMAND python3 ${CMAKE_CURRENT_SOURCE_DIR}/contract/test_evolution.py)
set_tests_properties(contract.events contract.evolution contract.evolution_check PROPERTIES LABELS unit TIMEOUT 300)
