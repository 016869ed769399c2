#!/bin/sh
# install.sh SOURCE BUILD COMPILER: installs the library into a folder of its own and builds programs with it, by find_package and
# by pkg-config. 77: not to be tried here.
set -eu
source=$1 build=$2 compiler=$3
[ -e "$build/libfourtuple.a" ] && [ -e "$build/libfourtuple-core.a" ] || { echo "the library is not built"; exit 77; }
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
cmake --install "$build" --component library --prefix "$there/first" >/dev/null
mv "$there/first" "$there/prefix"  # whoever packs it moves it

cmake -S "$source/tests/install" -B "$there/build" -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$there/prefix" \
  -DEXAMPLES="$source/examples" >/dev/null
cmake --build "$there/build" -j 2 >/dev/null
"$there/build/own_controller" | grep 'Mbit/s'
"$there/build/own_loop" 2>&1 | grep 'expected tun:NAME'

command -v pkg-config >/dev/null || exit 0
PKG_CONFIG_PATH=$(dirname "$(find "$there/prefix" -name fourtuple-core.pc)")
export PKG_CONFIG_PATH
"$compiler" -std=c++23 "$source/examples/own_controller.cpp" $(pkg-config --cflags --libs fourtuple-core) -o "$there/by_pkg_config"
"$there/by_pkg_config" | grep 'Mbit/s'
[ "$(pkg-config --modversion fourtuple)" = "$(pkg-config --modversion fourtuple-core)" ]
