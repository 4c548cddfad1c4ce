# Benchmarks are built with the tests and run by hand: tests/bench/combine.sh build/tests/bench_combine
add_executable(bench_combine EXCLUDE_FROM_ALL
  ${CMAKE_CURRENT_LIST_DIR}/bench_combine.c ${CMAKE_CURRENT_LIST_DIR}/bench_plain.c ${CMAKE_CURRENT_LIST_DIR}/bench_raws.c)
target_include_directories(bench_combine PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_compile_options(bench_combine PRIVATE -O3)
target_link_libraries(bench_combine PRIVATE cb_io)

# A full-size master bias through the engine against the truth is a test; tests/bench/generation.sh build plain
# also times it against the plain C.
add_executable(bench_generation ${CMAKE_CURRENT_LIST_DIR}/bench_generation.c)
target_include_directories(bench_generation PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/system)
target_compile_definitions(bench_generation PRIVATE CB_DEPLOY="${CMAKE_SOURCE_DIR}/deploy")
target_link_libraries(bench_generation PRIVATE cb_service cb_engine PkgConfig::CMOCKA)
add_dependencies(bench_generation calbus-simulator)
add_test(NAME system.engine.full_size COMMAND ${CMAKE_CURRENT_LIST_DIR}/generation.sh ${CMAKE_BINARY_DIR})
set_tests_properties(system.engine.full_size PROPERTIES LABELS system TIMEOUT 600)
