# fuzz/NAME_fuzz.cpp -> one libFuzzer program each; the rooms themselves are instrumented by the preset's flags.
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
get_property(rooms GLOBAL PROPERTY FT_ROOMS)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${rooms} ft_options)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
