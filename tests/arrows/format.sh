#!/bin/sh
# format.sh ROOT [--rewrite]: every C++ file is as clang-format-19 writes it. Exit 77: clang-format-19 is not here.
set -eu
cd "$1"
if ! command -v clang-format-19 >/dev/null; then echo "skipped: clang-format-19 is not installed"; exit 77; fi
folders=
for folder in include src tests fuzz bench examples tools; do [ ! -d $folder ] || folders="$folders $folder"; done
list() { find $folders -name '*.hpp' -o -name '*.cpp' | sort; }
if [ "${2-}" = --rewrite ]; then
  list | xargs clang-format-19 -i
elif ! list | xargs clang-format-19 --dry-run -Werror 2>&1 | grep -E "error: code should" | cut -d: -f1 | uniq -c | { ! grep .; }; then
  echo "Places in these files are not as clang-format-19 writes them: cmake --build build/dev --target format"
  exit 1
fi
