# A server of its own that asks for passwords over TCP: drop-in and services get in as the stock butler does, and show none.
add_test(NAME system.passwords COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/system/passwords/passwords $<TARGET_FILE:calbus>)
set_tests_properties(system.passwords PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
