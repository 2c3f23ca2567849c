#!/bin/sh
# Measures the gateway in one run beside its peers. Needs nginx and wrk (Debian packages), and installs them when it may.
set -eu
cd "$(dirname "$0")/.."
if ! command -v nginx >/dev/null || ! command -v wrk >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        apt-get install -y --no-install-recommends nginx-light wrk >&2
    else
        echo "missing: nginx or wrk; type: sudo apt-get install -y nginx-light wrk" >&2
        exit 3
    fi
fi
exec .venv/bin/python -m bench.one_shot "$@"
