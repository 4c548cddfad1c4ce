# The bus with real processes, PostgreSQL and both brokers.
set(bus_folder ${CMAKE_CURRENT_SOURCE_DIR}/system/bus)
set(with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres)
add_executable(echo_service ${CMAKE_CURRENT_SOURCE_DIR}/support/echo_service/main.c)
target_link_libraries(echo_service PRIVATE cb_service)
add_executable(say ${CMAKE_CURRENT_SOURCE_DIR}/support/echo_service/say.c)
target_link_libraries(say PRIVATE cb_service)

add_executable(system_bus_database ${bus_folder}/test_database.c)
target_include_directories(system_bus_database PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(system_bus_database PRIVATE cb_service PkgConfig::CMOCKA)
add_test(NAME system.bus.database COMMAND ${with_postgres} $<TARGET_FILE:system_bus_database>)

add_test(NAME system.bus.journeys_mock
  COMMAND ${with_postgres} python3 ${bus_folder}/test_journeys.py ${CMAKE_BINARY_DIR} mock)
add_test(NAME system.bus.journeys_kafka
  COMMAND ${with_postgres} python3 ${bus_folder}/test_journeys.py ${CMAKE_BINARY_DIR} kafka)
add_test(NAME system.bus.stock_readers
  COMMAND ${with_postgres} ${bus_folder}/with_stock_python ${bus_folder}/test_stock_readers.py ${CMAKE_BINARY_DIR})
set_tests_properties(system.bus.database system.bus.journeys_mock system.bus.journeys_kafka system.bus.stock_readers
  PROPERTIES LABELS system TIMEOUT 1800 SKIP_RETURN_CODE 77)
