"""A sender on the test's clock, as a process that can be killed: `sender.py ISO-INSTANT LEASE-SECONDS CHUNK`."""

import sys
import time
from datetime import datetime, timedelta

import django

django.setup()

from postloan.care.outreach import operations  # noqa: E402
from postloan.care.outreach.sending import send_round  # noqa: E402

began, start = time.monotonic(), datetime.fromisoformat(sys.argv[1])
operations._deliver_messages.AT_ONCE = int(sys.argv[3])
while True:
    at = start + timedelta(seconds=time.monotonic() - began)
    if not send_round(at=at, by="story", lease=timedelta(seconds=float(sys.argv[2]))).total:
        break
