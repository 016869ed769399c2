# fuzz/NAME_fuzz.cpp -> one libFuzzer program each, with the rooms that its own includes name (and what is below them); only
# those are built, instrumented by the preset's flags.
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
get_property(rooms GLOBAL PROPERTY FT_ROOMS)
set_target_properties(${rooms} PROPERTIES EXCLUDE_FROM_ALL ON)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  ft_link_included(${name} ${source})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
