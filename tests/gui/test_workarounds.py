"""What the libraries below get wrong must not reach a person."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
from PySide6.QtCore import QObject, Signal
from ganlab.workarounds import hold_singletons

class Sender(QObject):
    sent = Signal(object)

hold_singletons()
sender = Sender()
for number in range(20_000):
    sender.sent.emit(number)
    sender.setObjectName("name")
"""


def test_thousands_of_calls_do_not_end_the_program() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
