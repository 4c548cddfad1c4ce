# The suite as a whole: up, down, and what a kill -9 leaves.
foreach(topic words up up_kafka)
  add_test(NAME system.ctl.${topic}
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/system/ctl/${topic}.sh $<TARGET_FILE:calbus> ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_SOURCE_DIR})
  set_tests_properties(system.ctl.${topic} PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)
endforeach()
