# What other programs link: fourtuple::core, the stack alone, without any dependency; fourtuple::fourtuple, with links, sockets and
# their coats. `cmake --install` puts both with a CMake package and pkg-config files; after add_subdirectory they have the same names.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(FT_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/fourtuple)
file(RELATIVE_PATH FT_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)

# ft_library(NAME FILE ROOM...): the rooms' objects as one archive lib<FILE>.a, the target fourtuple::<NAME>.
function(ft_library name file)
  list(TRANSFORM ARGN REPLACE "(.+)" "$<TARGET_OBJECTS:ft_\\1>" OUTPUT_VARIABLE objects)
  set(target ft_library_${name})
  add_library(${target} STATIC ${objects})
  add_library(fourtuple::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${file} EXPORT_NAME ${name} LINKER_LANGUAGE CXX)
  target_compile_features(${target} INTERFACE cxx_std_23)
  target_include_directories(${target} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                             $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  install(TARGETS ${target} EXPORT fourtuple-${name}-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          COMPONENT library)
  install(EXPORT fourtuple-${name}-targets NAMESPACE fourtuple:: DESTINATION ${FT_PACKAGE_DIR}
          COMPONENT library)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${file}.pc.in ${PROJECT_BINARY_DIR}/generated/${file}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/generated/${file}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
          COMPONENT library)
endfunction()

ft_library(core fourtuple-core base wire trace tcp net stack)
if(NOT FT_CORE_ONLY)
  ft_library(fourtuple fourtuple pcap sim io sockets)
  target_link_libraries(ft_library_fourtuple INTERFACE ft_library_core ZLIB::ZLIB OpenSSL::Crypto zstd pcap)
endif()

install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT library)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fourtuple DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT library)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/fourtuple-config.cmake.in
                              ${PROJECT_BINARY_DIR}/generated/fourtuple-config.cmake INSTALL_DESTINATION ${FT_PACKAGE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/generated/fourtuple-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/generated/fourtuple-config.cmake
              ${PROJECT_BINARY_DIR}/generated/fourtuple-config-version.cmake DESTINATION ${FT_PACKAGE_DIR}
        COMPONENT library)
