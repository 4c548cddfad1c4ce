# The engine on a real repository and real pixels, with a PostgreSQL server of its own for each test.
file(GLOB engine_tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/system/engine/test_*.c)
foreach(source ${engine_tests})
  get_filename_component(stem ${source} NAME_WE)
  string(REGEX REPLACE "^test_" "" stem ${stem})
  add_executable(system_engine_${stem} ${source})
  target_include_directories(system_engine_${stem} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/system)
  target_compile_definitions(system_engine_${stem} PRIVATE CB_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden"
    CB_DEPLOY="${CMAKE_SOURCE_DIR}/deploy"
    CB_PROGRAMS="${CMAKE_BINARY_DIR}")
  target_link_libraries(system_engine_${stem} PRIVATE cb_service cb_engine PkgConfig::CMOCKA)
  add_dependencies(system_engine_${stem} calbus calbus-generator calbus-verifier calbus-relay calbus-broker)
  add_test(NAME system.engine.${stem}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres $<TARGET_FILE:system_engine_${stem}>)
  set_tests_properties(system.engine.${stem} PROPERTIES LABELS system TIMEOUT 600)
endforeach()
