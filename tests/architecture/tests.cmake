# The rules that hold the tree together: layers, purity, banned functions, SQL files, the README.
function(cb_architecture_test name)
  add_test(NAME architecture.${name} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/architecture/${name}.sh ${ARGN})
  set_tests_properties(architecture.${name} PROPERTIES LABELS architecture TIMEOUT 120)
endfunction()
cb_architecture_test(layers ${CMAKE_SOURCE_DIR})
cb_architecture_test(banned ${CMAKE_SOURCE_DIR})
cb_architecture_test(sql_is_used ${CMAKE_SOURCE_DIR})
cb_architecture_test(readme ${CMAKE_SOURCE_DIR} $<TARGET_FILE:calbus>)
add_test(NAME architecture.calib_is_pure
  COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/architecture/is_pure.sh $<TARGET_FILE:cb_calib>)
add_test(NAME architecture.domain_is_pure
  COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/architecture/is_pure.sh $<TARGET_FILE:cb_domain>)
set_tests_properties(architecture.calib_is_pure architecture.domain_is_pure PROPERTIES LABELS architecture)
