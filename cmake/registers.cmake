# The registers of spec/*.csv become text inside the program: ft::cli::embedded_registers() (src/cli/requirements.hpp). The segment
# scripts of tests/scripts are compiled once, for `fourtuple conform` and for the tests.
file(GLOB FT_REGISTER_FILES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/*.csv)
set(FT_EMBEDDED_REGISTERS ${PROJECT_BINARY_DIR}/generated/embedded_registers.cpp)
add_custom_command(
  OUTPUT ${FT_EMBEDDED_REGISTERS}
  COMMAND ${CMAKE_COMMAND} "-DFILES=${FT_REGISTER_FILES}" -DOUT=${FT_EMBEDDED_REGISTERS}
          -P ${PROJECT_SOURCE_DIR}/cmake/embed_registers.cmake
  DEPENDS ${FT_REGISTER_FILES} ${PROJECT_SOURCE_DIR}/cmake/embed_registers.cmake
  COMMENT "Embedding registers"
  VERBATIM)

function(ft_scripts)
  find_package(doctest CONFIG REQUIRED)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/scripts/*.cpp)
  add_library(ft_scripts OBJECT ${sources})
  ft_link_rooms(ft_scripts sim stack pcap trace wire base)
  target_include_directories(ft_scripts PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  # As for the other tests: half the optimisation builds in half the time.
  target_compile_options(ft_scripts PRIVATE $<$<CONFIG:Release>:-O1>)
  # What no script proves, but a unit test: it runs in the program as well.
  file(STRINGS ${PROJECT_SOURCE_DIR}/spec/elsewhere.csv elsewhere)
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/spec/elsewhere.csv)
  string(REGEX MATCHALL "tests/unit/[a-z0-9_/]*[.]cpp" units "${elsewhere}")
  list(REMOVE_DUPLICATES units)
  list(TRANSFORM units PREPEND ${PROJECT_SOURCE_DIR}/)
  add_library(ft_conform OBJECT ${PROJECT_SOURCE_DIR}/tests/conform/runner.cpp ${PROJECT_SOURCE_DIR}/tests/covers.cpp ${units})
  ft_link_rooms(ft_conform cli stack tcp net pcap trace wire base)
  target_include_directories(ft_conform PRIVATE ${PROJECT_SOURCE_DIR}/tests)
endfunction()
