# The suite as a whole: up, down, and what a kill -9 leaves.
foreach(topic words up up_kafka)
  add_test(NAME system.ctl.${topic}
    COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/system/ctl/${topic}.sh $<TARGET_FILE:calbus> ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_SOURCE_DIR})
  set_tests_properties(system.ctl.${topic} PROPERTIES LABELS system TIMEOUT 600 SKIP_RETURN_CODE 77)
endforeach()

# What README.md says first: the whole of deploy/quickstart, with a build of its own.
add_test(NAME system.quickstart
  COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/system/quickstart.sh ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
set_tests_properties(system.quickstart PROPERTIES LABELS system TIMEOUT 1500 RESOURCE_LOCK suite)
