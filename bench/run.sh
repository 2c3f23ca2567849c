#!/bin/sh
# Runs one benchmark in one run beside its peers: run.sh one_shot|s2s|talk|soak_s2s [options]. The peers come from Debian
# packages, which are installed when that is allowed.
set -eu
cd "$(dirname "$0")/.."
which=$1
shift
case $which in
one_shot) programs="nginx wrk" packages="nginx-light wrk" ;;
s2s) programs="nginx gcc" packages="nginx-light gcc libc6-dev" ;;
*) programs="" packages="" ;;
esac
for program in $programs; do
    command -v "$program" >/dev/null && continue
    if [ "$(id -u)" = 0 ]; then
        # shellcheck disable=SC2086 # several packages
        apt-get install -y --no-install-recommends $packages >&2
    else
        echo "missing: $program; type: sudo apt-get install -y $packages" >&2
        exit 3
    fi
done
exec .venv/bin/python -m "bench.$which" "$@"
