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

# The registry beside the stock butler: tests/bench/registry.sh build by hand, for the figures. In the normal run each
# case is done once on a small repository: both must find and leave behind the same rows, whatever time they take.
add_executable(bench_registry ${CMAKE_CURRENT_LIST_DIR}/bench_registry.c)
target_include_directories(bench_registry PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(bench_registry PRIVATE cb_butler)
add_test(NAME system.butler.bench COMMAND ${CMAKE_CURRENT_LIST_DIR}/registry.sh ${CMAKE_BINARY_DIR} short)
set_tests_properties(system.butler.bench PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
