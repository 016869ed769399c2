# What holds for every target: the language, the warnings, the libraries' switches.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Assertions stay on in release: no NDEBUG.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

find_program(FT_CCACHE ccache)
if(FT_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FT_CCACHE})
endif()

# The engine's rooms are small files on purpose, and a segment passes through all of them: the linker joins them again in the
# programs that have FT_LTO (a fifth faster; bench/README.md). Their objects hold both forms, so tests link as they always did.
set(FT_ENGINE_ROOMS base wire tcp net stack)
set(FT_ENGINE_OPTIONS)
set(FT_LTO OFF)
if(CMAKE_BUILD_TYPE STREQUAL Release AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  include(CheckIPOSupported)
  check_ipo_supported(RESULT FT_LTO LANGUAGES CXX)
endif()
if(FT_LTO)
  list(APPEND FT_ENGINE_OPTIONS -flto=auto -ffat-lto-objects)
endif()

# g++ copies a struct through 16-octet registers even when its members have just been stored one by one, and a load that spans
# several stores waits until they are in the cache. A segment's way is full of small structs: they are copied by words instead,
# and cleared without "rep stos" (x86 only; bench/README.md).
set(FT_SEGMENT_ROOMS ${FT_ENGINE_ROOMS} pcap analysis)
set(FT_SEGMENT_OPTIONS)
include(CheckCXXCompilerFlag)
set(FT_SMALL_STRUCTS "-mtune-ctrl=^sse_unaligned_load_optimal,^sse_unaligned_store_optimal"
    "-mmemset-strategy=unrolled_loop:256:noalign,libcall:-1:noalign")
check_cxx_compiler_flag("${FT_SMALL_STRUCTS}" FT_HAS_SMALL_STRUCTS)
if(FT_HAS_SMALL_STRUCTS)
  list(APPEND FT_SEGMENT_OPTIONS ${FT_SMALL_STRUCTS})
endif()

add_library(ft_options INTERFACE)
if(FT_LTO)
  target_link_options(ft_options INTERFACE $<IF:$<BOOL:$<TARGET_PROPERTY:FT_LTO>>,-flto=auto,-fno-lto>)
endif()
target_compile_options(ft_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wsign-conversion)
if(PROJECT_IS_TOP_LEVEL)  # whoever includes us may have a compiler that warns of more
  target_compile_options(ft_options INTERFACE -Werror)
endif()
# g++ 12 takes std::string::insert and operator+ for overlapping copies (GCC bug 105651).
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(ft_options INTERFACE -Wno-restrict)
endif()
# libstdc++ 12 sorts stably with a buffer that C++17 deprecated, and clang blames whoever sorts.
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(ft_options INTERFACE -Wno-deprecated-declarations)
endif()
target_include_directories(ft_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
# One setting for the whole program, or the inline functions of two files would differ: fmt and toml++ header-only and
# without exceptions, because pure rooms use them and are built so.
target_compile_definitions(ft_options INTERFACE FMT_HEADER_ONLY=1 FMT_EXCEPTIONS=0 TOML_HEADER_ONLY=1 TOML_EXCEPTIONS=0)
