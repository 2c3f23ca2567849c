#!/bin/sh
# Runs commands side by side: side_by_side.sh "name command …" "name command …". What the first one says is shown as it
# comes; what the others say is kept in out/test-<name>.log and shown when all have ended. Fails when one of them has.
set -u
mkdir -p out
# Thousands of tests make databases; in memory, where there is enough, that takes half as long.
if [ -z "${TMPDIR:-}" ] && [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 4000000 ]; then
    TMPDIR=$(mktemp -d /dev/shm/speko-test-XXXXXX)
    chmod 711 "$TMPDIR" # servers that run as another user find their folders in it
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi
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
