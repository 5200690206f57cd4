"""Showing how far it is: one line that changes on a terminal, a line now and then elsewhere."""

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

QUIET_SECONDS = 5.0  # between two lines on one step where there is no terminal


@dataclass(kw_only=True)
class Progress:
    """What a person watching sees."""

    out: TextIO = field(default_factory=lambda: sys.stdout)
    _step: str = ""
    _shown: str = ""
    _shown_at: float = 0.0

    def show(self, step: str, percent: int | None = None) -> None:
        """Show the step under way and how much of it is done."""
        text = f"{step} … {percent:3d} %" if percent is not None else f"{step} …"
        if text == self._shown:
            return
        if self.out.isatty():
            self._write(f"\r\033[K  {text}")
        elif step != self._step or percent == 100 or time.monotonic() - self._shown_at > QUIET_SECONDS:
            self._write(f"  {text}\n")
            self._shown_at = time.monotonic()
        self._step, self._shown = step, text

    def say(self, text: str) -> None:
        """Say something that stays."""
        if self._shown and self.out.isatty():
            self._write("\n")
        self._write(f"{text}\n")
        self._step = self._shown = ""

    def _write(self, text: str) -> None:
        try:
            self.out.write(text)
            self.out.flush()
        except BrokenPipeError:
            pass  # nobody watches any more; the run goes on
