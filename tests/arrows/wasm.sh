#!/bin/sh
# wasm.sh ROOT: the pure rooms compile for wasm32. Exit 77: the compiler or its library is not here.
set -eu
cd "$1"
if ! command -v clang++-19 >/dev/null; then echo "skipped: clang++-19 is not installed"; exit 77; fi
if [ ! -e /usr/include/wasm32-wasi/c++/v1/vector ] || [ ! -e /usr/include/wasm32-wasi/wasi/api.h ]; then
  echo "skipped: the packages libc++-19-dev-wasm32 and wasi-libc are not installed"
  exit 77
fi
cmake --preset wasm
cmake --build --preset wasm
objects=$(find build/wasm -name '*.obj' | wc -l)
echo "$objects objects for wasm32"
[ "$objects" -gt 0 ]
