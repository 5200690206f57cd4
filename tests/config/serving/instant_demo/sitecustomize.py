"""
Python imports this at start-up in the programs the tests run: the demonstration becomes one that takes a second.

What is tested is `postloan run` itself; the real demonstration has its own story.
"""

import os
import sys
import time
import types


def prepare_demo(*, progress) -> list[str]:
    for percent in range(0, 101, 20):
        progress("loading the instant book", percent)
        time.sleep(float(os.environ.get("INSTANT_DEMO_SECONDS", "0.5")) / 6)
        if os.environ.get("INSTANT_DEMO_FAILS") and percent == 40:
            raise SystemExit("the instant book is torn")
    return ["1 loan, 12.50 outstanding"]


module = types.ModuleType("postloan.lab.demo")
module.prepare_demo = prepare_demo
sys.modules["postloan.lab.demo"] = module
