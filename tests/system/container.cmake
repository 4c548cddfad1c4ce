# The image that all services share.
add_test(NAME system.container COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/system/container.sh ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
set_tests_properties(system.container PROPERTIES LABELS system TIMEOUT 1800 SKIP_RETURN_CODE 77)
