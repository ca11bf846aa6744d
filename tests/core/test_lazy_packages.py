"""What packages offer can be asked for from several threads at once."""

from __future__ import annotations

import subprocess
import sys

ASKED = """
import gc, threading, time
from pathlib import Path
import ganlab_core
from ganlab_core.lazy import attach

gc.callbacks.append(lambda phase, info: time.sleep(0))  # lets another thread on in the midst of a parse
gc.set_threshold(50)
folder = Path(ganlab_core.__file__).parent
stubs = sorted(folder.glob("*/__init__.pyi"))
failed = []

def ask(stub):
    try:
        for _ in range(5):
            attach(f"ganlab_core.{stub.parent.name}", str(stub.with_suffix(".py")))
    except BaseException as error:
        failed.append(repr(error))

threads = [threading.Thread(target=ask, args=(stub,)) for stub in stubs]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(stubs) > 5, failed)
"""


def test_packages_can_be_asked_for_from_many_threads_at_once() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASKED], capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == "True []"
