#!/bin/sh
# Runs one benchmark in one run beside its peers: run.sh full|one_shot|s2s|talk|soak|soak_s2s [options]. The peers come
# from Debian packages, which are installed when that is allowed, and LiteLLM from its own, into a folder of its own.
set -eu
cd "$(dirname "$0")/.."
which=$1
shift
case $which in
full) programs="nginx wrk gcc" packages="nginx-light wrk gcc libc6-dev" ;;
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
case $which in
full | one_shot)
    if [ ! -x out/litellm/bin/litellm ]; then
        echo "==> installing LiteLLM, to compare with, into out/litellm" >&2
        mkdir -p out
        .venv/bin/python -m venv out/litellm
        out/litellm/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/bench.txt ||
            { rm -rf out/litellm; echo "LiteLLM could not be installed: its figures will be missing" >&2; }
    fi
    ;;
esac
exec .venv/bin/python -m "bench.$which" "$@"
