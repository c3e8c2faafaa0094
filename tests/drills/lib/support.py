"""What drills, benches and script suites share that is neither a server nor a comparison: paths, ports, waiting."""

import os
import socket
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.path.join(ROOT, "build")
BINARY = os.environ.get("BINSEEK_BINARY", os.path.join(BUILD, "release", "binseek"))


class DrillError(Exception):
    """Something around the drill failed: a server does not start, a condition does not come."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def await_true(what, condition, limit_s=60.0, step_s=0.02):
    """Waits until condition() is true and returns its value. Raises DrillError naming `what` after limit_s."""
    deadline = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise DrillError(f"waited {limit_s:.0f} s in vain: {what}")
        time.sleep(step_s)


def run(command, limit_s=600, **options):
    """Runs a command and returns its output; raises DrillError with the end of what it said where it fails."""
    try:
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=ROOT, timeout=limit_s, **options)
    except subprocess.TimeoutExpired:
        raise DrillError(f"{' '.join(command)}: not done after {limit_s} s") from None
    if done.returncode != 0:
        raise DrillError(f"{' '.join(command)}: status {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout


class Worker(threading.Thread):
    """A thread that calls step() until stop(); an exception of it comes out of stop()."""

    def __init__(self, step):
        super().__init__(daemon=True)
        self._step = step
        self._stopping = threading.Event()
        self._error = None
        self.steps = 0

    def run(self):
        try:
            while not self._stopping.is_set():
                self._step()
                self.steps += 1
        except Exception as error:  # handed to whoever stops the worker
            self._error = error

    def stop(self):
        self._stopping.set()
        self.join()
        if self._error is not None:
            raise self._error
