"""`python -m postloan.outside.bank.simulator --dir DIR [--faults FILE] [--date-file FILE] [--once]`"""

import argparse
import signal
import sys
from pathlib import Path

from postloan.outside.bank.simulator.bank import Faults
from postloan.outside.bank.simulator.serving import FaultsRefused, day_in, load_faults, serve


def main() -> int:
    """Run the bank until it is ended."""
    parser = argparse.ArgumentParser(prog="postloan-bank", description="A simulated bank over a directory.")
    parser.add_argument("--dir", type=Path, required=True, help="the directory that both sides see")
    parser.add_argument("--faults", type=Path, help="JSON: how the bank errs (docs/operating/bank.md)")
    parser.add_argument("--date-file", type=Path, help="a file with the bank's date; default: today, UTC")
    parser.add_argument("--once", action="store_true", help="do what is to do, then end")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        faults = load_faults(file=arguments.faults) if arguments.faults else Faults()
    except FaultsRefused as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    serve(
        directory=arguments.dir,
        faults=faults,
        today=lambda: day_in(file=arguments.date_file or Path("no such file")),
        once=arguments.once,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
