"""All benchmarks in one run, written to docs/benchmarks.md.

python -m bench.full [--quick]
"""

import argparse
import sys
from pathlib import Path

from bench import costs, one_shot, s2s, under_load
from bench.clients import missing_programs
from bench.parties import LITELLM
from bench.report import page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


def main() -> int:
    """Measures, prints, writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one short round of each; the page is not written")
    quick: bool = parser.parse_args().quick
    if missing := missing_programs("nginx", "wrk", "gcc", "taskset"):
        print(missing, file=sys.stderr)
        return 3
    if not LITELLM.exists():
        print("without LiteLLM, which could not be installed", file=sys.stderr)
    tables = one_shot.tables(*((1, 60, 1) if quick else (5, 300, 4)))
    tables += under_load.tables()
    tables += costs.tables()
    tables += s2s.tables(2.0 if quick else 6.0, quick=quick)
    if not quick:
        PAGE.write_text(page(tables), encoding="utf-8")
        print(f"\nwrote {PAGE.relative_to(PAGE.parent.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
