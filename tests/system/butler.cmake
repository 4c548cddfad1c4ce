# The repository on a real PostgreSQL server, started for each test by support/with_postgres.
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
add_executable(system_build_repository ${CMAKE_CURRENT_SOURCE_DIR}/system/butler/build_repository.c)
target_include_directories(system_build_repository PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(system_build_repository PRIVATE cb_butler PkgConfig::CMOCKA)
add_test(NAME system.butler.stock
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_stock
          $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.stock PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)
add_test(NAME system.butler.exchange
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_exchange
          $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.exchange PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)
add_test(NAME system.butler.twins
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_twins
          $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.twins PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)

# Files into a repository, and out of one into another, beside the stock butler.
add_test(NAME system.butler.files
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_files
          $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.files PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)

# Both at once on one repository.
add_executable(system_write_along ${CMAKE_CURRENT_SOURCE_DIR}/system/butler/write_along.c)
target_include_directories(system_write_along PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(system_write_along PRIVATE cb_butler PkgConfig::CMOCKA)
add_test(NAME system.butler.contest
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_contest
          $<TARGET_FILE:system_build_repository> $<TARGET_FILE:system_write_along>)
set_tests_properties(system.butler.contest PROPERTIES LABELS system TIMEOUT 900 SKIP_RETURN_CODE 77)
add_test(NAME system.butler.decertify
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_decertify
          $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.decertify PROPERTIES LABELS system TIMEOUT 120)
add_test(NAME system.butler.nouns
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_nouns
          $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.nouns PROPERTIES LABELS system TIMEOUT 120)

# By turns on one repository: the tables are those that either makes alone. By hand, thousands of random steps:
# support/with_postgres system/butler_alternate build-test/tests/system_put_files build-test/calbus 2000 SEED
add_executable(system_put_files ${CMAKE_CURRENT_SOURCE_DIR}/system/butler/put_files.c)
target_include_directories(system_put_files PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(system_put_files PRIVATE cb_butler PkgConfig::CMOCKA)
add_test(NAME system.butler.alternate
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_alternate
          $<TARGET_FILE:system_put_files> ${CMAKE_BINARY_DIR}/calbus 10 1)
set_tests_properties(system.butler.alternate PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)

add_test(NAME system.butler.repositories
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_repositories
          $<TARGET_FILE:system_put_files> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.repositories PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)

add_test(NAME system.butler.printed
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_printed
          $<TARGET_FILE:system_put_files> ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.printed PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)

# Random where-expressions: the stock butler and calbus must choose the same rows. By hand, thousands:
# support/with_postgres system/butler_where build-test/tests/system_build_repository build-test/tests/system_where_rows 5000 SEED
add_executable(system_where_rows ${CMAKE_CURRENT_SOURCE_DIR}/system/butler/where_rows.c)
target_include_directories(system_where_rows PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(system_where_rows PRIVATE cb_butler PkgConfig::CMOCKA)
add_test(NAME system.butler.where
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_where
          $<TARGET_FILE:system_build_repository> $<TARGET_FILE:system_where_rows> 800 1)
set_tests_properties(system.butler.where PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
add_test(NAME system.butler.ingest_raws
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_ingest_raws
          ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.ingest_raws PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)

# The query commands beside the stock ones, a matrix of random options. By hand, more of them:
# support/with_postgres system/butler_queries build-test/tests/system_build_repository build-test/calbus 500 SEED
add_test(NAME system.butler.queries
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_queries
          $<TARGET_FILE:system_build_repository> ${CMAKE_BINARY_DIR}/calbus 50 1)
set_tests_properties(system.butler.queries PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
add_test(NAME system.butler.curated
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_curated
          ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.curated PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)

# Reference catalogues, look-up tables, models and skymaps, and the defaults that find them.
add_test(NAME system.butler.auxiliary
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/butler_auxiliary
          ${CMAKE_BINARY_DIR}/calbus)
set_tests_properties(system.butler.auxiliary PROPERTIES LABELS system TIMEOUT 300 SKIP_RETURN_CODE 77)
