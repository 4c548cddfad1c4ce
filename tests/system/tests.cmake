# System tests: each topic has a file of its own beside this one.
file(GLOB system_topics CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/system/*.cmake)
list(REMOVE_ITEM system_topics ${CMAKE_CURRENT_SOURCE_DIR}/system/tests.cmake)
foreach(topic ${system_topics})
  include(${topic})
endforeach()
