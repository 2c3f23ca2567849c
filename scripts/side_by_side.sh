#!/bin/sh
# Runs commands side by side: side_by_side.sh "name command …" "name command …". What the first one says is shown as it
# comes; what the others say is kept in out/test-<name>.log and shown when all have ended. Fails when one of them has.
set -u
mkdir -p out
failed=0
ended=""
jobs=""
first="$1"
shift
for job in "$@"; do
    name="${job%% *}"
    sh -c "${job#* }" >"out/test-$name.log" 2>&1 </dev/null &
    jobs="$jobs $name:$!"
done
sh -c "${first#* }" </dev/null || { failed=1; echo "FAILED: ${first%% *}"; }
for job in $jobs; do
    wait "${job#*:}" || { failed=1; ended="$ended ${job%%:*}"; }
done
for job in $jobs; do
    echo "==> ${job%%:*}"
    cat "out/test-${job%%:*}.log"
done
for name in $ended; do
    echo "FAILED: $name (out/test-$name.log)"
done
exit "$failed"
