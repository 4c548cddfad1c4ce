# The repository on a real PostgreSQL server, started for each test by support/with_postgres.

# A program that scripts of system/ drive: system/butler/NAME.c
function(butler_driver name)
  add_executable(system_${name} ${CMAKE_CURRENT_SOURCE_DIR}/system/butler/${name}.c)
  target_include_directories(system_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(system_${name} PRIVATE cb_butler PkgConfig::CMOCKA)
endfunction()

# The script system/butler_NAME with its arguments; it skips with 77 where the stock butler cannot be had.
function(butler_script name timeout_s)
  add_test(NAME system.butler.${name}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_${name} ${ARGN})
  set_tests_properties(system.butler.${name} PROPERTIES LABELS system TIMEOUT ${timeout_s} SKIP_RETURN_CODE 77)
endfunction()

file(GLOB butler_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/system/butler/test_*.c)
foreach(source ${butler_tests})
  get_filename_component(stem ${source} NAME_WE)
  string(REGEX REPLACE "^test_" "" stem ${stem})
  add_executable(system_butler_${stem} ${source})
  target_include_directories(system_butler_${stem} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(system_butler_${stem} PRIVATE cb_butler PkgConfig::CMOCKA)
  add_test(NAME system.butler.${stem}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres $<TARGET_FILE:system_butler_${stem}>)
  set_tests_properties(system.butler.${stem} PROPERTIES LABELS system TIMEOUT 300)
endforeach()

# The stock butler over a repository of ours, and beside our drop-in command.
butler_driver(build_repository)
butler_script(stock 900 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
butler_script(exchange 900 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
butler_script(twins 900 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)

# Files into a repository, and out of one into another, beside the stock butler.
butler_script(files 900 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)

# Storage classes, formatters, templates and constraints that a repository's configuration has of its own.
butler_script(config 300 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)

# Files of an object store and of a web server.
butler_script(remote 300 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)

# Both at once on one repository, some killed in the middle. By hand, hundreds of rounds:
# support/with_postgres system/butler_contest build-test/tests/system_build_repository build-test/tests/system_write_along 300 40 SEED
butler_driver(write_along)
butler_script(contest 900 $<TARGET_FILE:system_build_repository> $<TARGET_FILE:system_write_along>)
# What our handle remembers, while the stock butler changes it. By hand, thousands of steps:
# support/with_postgres system/butler_fresh build-test/tests/system_build_repository build-test/tests/bench_registry 2000 SEED
butler_script(fresh 120 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/tests/bench_registry)
butler_script(decertify 120 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
butler_script(nouns 120 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)

# By turns on one repository: the tables are those that either makes alone. By hand, thousands of random steps:
# support/with_postgres system/butler_alternate build-test/calbus 2000 SEED
butler_script(alternate 600 ${CMAKE_BINARY_DIR}/calbus 10 1)

butler_driver(put_files)
butler_script(repositories 300 $<TARGET_FILE:system_put_files> ${CMAKE_BINARY_DIR}/calbus)

butler_script(printed 300 $<TARGET_FILE:system_put_files> ${CMAKE_BINARY_DIR}/calbus)

# Random where-expressions: the stock butler and calbus must choose the same rows. By hand, thousands:
# support/with_postgres system/butler_where build-test/tests/system_build_repository build-test/tests/system_where_rows 5000 SEED
butler_driver(where_rows)
butler_script(where 300 $<TARGET_FILE:system_build_repository> $<TARGET_FILE:system_where_rows> 800 1)
butler_script(ingest_raws 300 ${CMAKE_BINARY_DIR}/calbus)

# Random regions: whether they overlap and what pixels they touch, as the stock butler's sphgeom has it. By hand:
# system/butler_geometry build-test/tests/system_region_rows 200000 SEED
butler_driver(region_rows)
butler_script(geometry 120 $<TARGET_FILE:system_region_rows> 10000 1)

# Random queries about places on the sky, spatial joins among them: the same rows. By hand, thousands:
# support/with_postgres system/butler_regions build-test/tests/system_build_repository build-test/tests/system_place_rows 3000 SEED
butler_driver(place_rows)
butler_script(regions 300 $<TARGET_FILE:system_build_repository> $<TARGET_FILE:system_place_rows> 60 3)

# The query commands beside the stock ones, a matrix of random options. By hand, more of them:
# support/with_postgres system/butler_queries build-test/tests/system_build_repository build-test/calbus 500 SEED
butler_script(queries 300 $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus 50 1)
butler_script(curated 300 ${CMAKE_BINARY_DIR}/calbus)

# Reference catalogues, look-up tables, models and skymaps, and the defaults that find them.
butler_script(auxiliary 300 ${CMAKE_BINARY_DIR}/calbus)
