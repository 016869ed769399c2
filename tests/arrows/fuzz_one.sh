#!/bin/sh
# A fuzz target that crashes fails its test. libFuzzer's own exit status for that is 77, which ctest takes for "skipped".
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
cat >"$tree/crashing_fuzz" <<'END'
#!/bin/sh
# As libFuzzer does: the status of the option, or 77.
for word; do case $word in -error_exitcode=*) exit "${word#*=}" ;; esac; done
exit 77
END
chmod +x "$tree/crashing_fuzz"
status=0
"$root/tools/fuzz_one" "$tree" crashing 1 >/dev/null || status=$?
[ "$status" -ne 0 ] && [ "$status" -ne 77 ] || { echo "a crash ended with status $status"; exit 1; }
status=0
"$root/tools/fuzz_one" "$tree" missing 1 >/dev/null || status=$?
[ "$status" -eq 77 ] || { echo "a target that is not built ended with status $status"; exit 1; }
