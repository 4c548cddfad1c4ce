# One line a target: sources are what lies in the folder.

# A layer of common/: every .c below the folder, linked to the layers named.
function(cb_layer name)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  if(NOT sources)
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/empty.c "typedef int cb_empty;\n")
    set(sources ${CMAKE_CURRENT_BINARY_DIR}/empty.c)
  endif()
  add_library(cb_${name} STATIC ${sources})
  target_link_libraries(cb_${name} PUBLIC cb_options ${ARGN})
endfunction()

# A program of services/: every .c of the folder, its sql/ embedded as sql_<stem>; the executable is put at the
# top of the build folder.
function(cb_program name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.c)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${ARGN})
  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/sql)
    cb_embed_text(${name} sql sql sql)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()
