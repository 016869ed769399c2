# Targets that look at the sources: `tidy` (clang-tidy-19, minutes) and `format` (clang-format-19, rewrites).
find_program(FT_CLANG_TIDY clang-tidy-19)
find_program(FT_RUN_CLANG_TIDY run-clang-tidy-19)
if(FT_CLANG_TIDY AND FT_RUN_CLANG_TIDY)
  add_custom_target(tidy
    COMMAND ${FT_RUN_CLANG_TIDY} -quiet -p ${PROJECT_BINARY_DIR} -clang-tidy-binary ${FT_CLANG_TIDY} "${PROJECT_SOURCE_DIR}/src/"
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()
find_program(FT_CLANG_FORMAT clang-format-19)
if(FT_CLANG_FORMAT)
  add_custom_target(format
    COMMAND sh ${PROJECT_SOURCE_DIR}/tests/arrows/format.sh ${PROJECT_SOURCE_DIR} --rewrite
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR} VERBATIM)
endif()
