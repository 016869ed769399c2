# The stories of scenarios/*.toml become text inside the program: ft::sim::embedded_scenarios() (src/sim/embedded.hpp).
file(GLOB FT_SCENARIO_FILES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/scenarios/*.toml)
set(FT_EMBEDDED_SCENARIOS ${PROJECT_BINARY_DIR}/generated/embedded_scenarios.cpp)
add_custom_command(
  OUTPUT ${FT_EMBEDDED_SCENARIOS}
  COMMAND ${CMAKE_COMMAND} "-DFILES=${FT_SCENARIO_FILES}" -DOUT=${FT_EMBEDDED_SCENARIOS}
          -P ${PROJECT_SOURCE_DIR}/cmake/embed_scenarios.cmake
  DEPENDS ${FT_SCENARIO_FILES} ${PROJECT_SOURCE_DIR}/cmake/embed_scenarios.cmake
  COMMENT "Embedding scenarios"
  VERBATIM)
