#!/bin/sh
# need.sh ROOT: tools/need with made-up dpkg-query, id and sudo: silent when all is there; without root it names what is missing.
set -eu
root=$1
fakes=$(mktemp -d)
trap 'rm -rf "$fakes"' EXIT
fail() { echo "FAILED: $1"; cat "$fakes/out"; exit 1; }
fake() { printf '#!/bin/sh\n%s\n' "$2" >"$fakes/$1"; chmod +x "$fakes/$1"; }

fake apt-get 'echo "apt-get must not run"; exit 1'
fake id 'echo 1000'
fake sudo 'exit 1'

fake dpkg-query 'echo "install ok installed"'
for what in run test; do
  PATH=$fakes:$PATH "$root/tools/need" $what >"$fakes/out" 2>&1 </dev/null || fail "$what: all is there, but need failed"
  [ ! -s "$fakes/out" ] || fail "$what: all is there, but need spoke"
done

fake dpkg-query 'case "$*" in *ninja-build*) echo "deinstall ok config-files" ;; *cmake*) exit 1 ;; *) echo "install ok installed" ;; esac'
status=0
PATH=$fakes:$PATH "$root/tools/need" run >"$fakes/out" 2>&1 </dev/null || status=$?
[ $status = 2 ] || fail "without root and with packages missing need must exit 2, not $status"
grep -q "Missing to build fourtuple: cmake ninja-build$" "$fakes/out" || fail "need must name exactly what is missing"
grep -q "apt-get install cmake ninja-build" "$fakes/out" || fail "need must say what to do"

status=0
"$root/tools/need" nonsense >"$fakes/out" 2>&1 || status=$?
[ $status = 2 ] || fail "a wrong word must exit 2"
echo "need says what it must"
