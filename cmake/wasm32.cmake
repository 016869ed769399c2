# clang 19 for wasm32 with Debian's wasi-libc and libc++: packages clang-19, lld-19, wasi-libc, libc++-19-dev-wasm32.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR wasm32)
set(CMAKE_CXX_COMPILER clang++-19)
set(CMAKE_CXX_COMPILER_TARGET wasm32-wasi)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

# Header-only libraries live in /usr/include among the host's C library. A folder with nothing but links to them keeps
# the host's headers out.  wasm/ stands in for what libc++ lacks there.
set(links ${CMAKE_BINARY_DIR}/headers)
file(MAKE_DIRECTORY ${links})
foreach(library boost toml++ fmt)
  if(EXISTS /usr/include/${library})
    file(CREATE_LINK /usr/include/${library} ${links}/${library} SYMBOLIC)
  endif()
endforeach()
include_directories(SYSTEM ${CMAKE_CURRENT_LIST_DIR}/wasm ${links})
