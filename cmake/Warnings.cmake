# Compiler options of all of our own code (never of generated code: see calbus_proto in proto/CMakeLists.txt).
add_library(cb_options INTERFACE)
target_compile_options(cb_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wvla -Wformat=2
  $<$<C_COMPILER_ID:GNU>:-Wno-format-truncation> # texts are cut to their field on purpose, and gcc finds other places at each -O
  -fstack-protector-strong -ffp-contract=off -fno-omit-frame-pointer)
option(CALBUS_WERROR "warnings are errors" ON)
if(CALBUS_WERROR)
  target_compile_options(cb_options INTERFACE -Werror)
else() # a build for use: what gcc suspects wrongly at -O3 is not shown
  target_compile_options(cb_options INTERFACE -Wno-maybe-uninitialized -Wno-use-after-free)
endif()
target_compile_definitions(cb_options INTERFACE _GNU_SOURCE)
target_include_directories(cb_options INTERFACE ${CMAKE_SOURCE_DIR}/common)

# The version, for the few files that include service/version.h.
execute_process(COMMAND git -C ${CMAKE_SOURCE_DIR} describe --always --dirty --abbrev=7
                OUTPUT_VARIABLE git OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/calbus_version.h
     CONTENT "#pragma once\n#define CB_VERSION \"${PROJECT_VERSION}\"\n#define CB_GIT \"${git}\"\n")
target_include_directories(cb_options INTERFACE ${CMAKE_BINARY_DIR}/generated)

if(CALBUS_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
else()
  target_compile_options(cb_options INTERFACE -U_FORTIFY_SOURCE $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()
