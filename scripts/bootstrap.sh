#!/bin/sh
# Finds a Python that is new enough and hands over to bootstrap.py. Nothing but a POSIX shell is taken for granted.
set -eu
cd "$(dirname "$0")/.."

for candidate in ${PYTHON:-} python3 python3.11 python3.12 python3.13 python3.14; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" scripts/bootstrap.py "$@"
    fi
done
echo "speko needs Python 3.11 or newer; type: sudo apt-get install -y python3" >&2
exit 3
