# The bus with real processes, PostgreSQL and both brokers.
add_executable(echo_service ${CMAKE_CURRENT_SOURCE_DIR}/support/echo_service/main.c)
target_link_libraries(echo_service PRIVATE cb_service)
add_executable(say ${CMAKE_CURRENT_SOURCE_DIR}/support/echo_service/say.c)
target_link_libraries(say PRIVATE cb_service)
