# Distribution to two sites, with the distributor killed on the way.
add_test(NAME system.distributor.killed
  COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/system/distributor/killed.sh $<TARGET_FILE:calbus> ${CMAKE_CURRENT_SOURCE_DIR})
set_tests_properties(system.distributor.killed PROPERTIES LABELS system TIMEOUT 300)
