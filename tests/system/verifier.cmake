# The verifier's own files on a real repository and real pixels, without its daemon.
set(verifier ${CMAKE_SOURCE_DIR}/services/verifier)
set(sql ${CMAKE_BINARY_DIR}/services/verifier/calbus-verifier_embedded) # made when the program was configured
add_executable(system_verifier_campaign ${CMAKE_CURRENT_SOURCE_DIR}/system/verifier/test_campaign.c
  ${verifier}/conclude.c ${verifier}/gather.c ${verifier}/judge_run.c ${verifier}/announce_end.c
  ${verifier}/write_report.c ${verifier}/report.c ${verifier}/read_stats.c ${verifier}/repositories.c ${sql}/sql.c)
get_filename_component(here ${CMAKE_CURRENT_SOURCE_DIR}/system ABSOLUTE)
target_include_directories(system_verifier_campaign PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${here} ${verifier} ${sql})
target_compile_definitions(system_verifier_campaign PRIVATE CB_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden"
  CB_DEPLOY="${CMAKE_SOURCE_DIR}/deploy")
target_link_libraries(system_verifier_campaign PRIVATE cb_service cb_engine cb_butler PkgConfig::CMOCKA)
add_test(NAME system.verifier.campaign
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres $<TARGET_FILE:system_verifier_campaign>)
set_tests_properties(system.verifier.campaign PROPERTIES LABELS system TIMEOUT 600)

# Its metrics as Avro, with a real schema registry and a stock reader.
foreach(broker mock kafka)
  add_test(NAME system.verifier.metrics_avro_${broker}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/support/with_postgres ${CMAKE_CURRENT_SOURCE_DIR}/system/bus/with_stock_python
      -B ${CMAKE_CURRENT_SOURCE_DIR}/system/verifier/test_metrics_avro.py ${CMAKE_BINARY_DIR} ${broker})
  set_tests_properties(system.verifier.metrics_avro_${broker} PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)
endforeach()
if(NOT CALBUS_LONG_TESTS)
  set_tests_properties(system.verifier.metrics_avro_kafka PROPERTIES DISABLED ON)
endif()
