"""A binseek that reads on from a checkpoint, and what that costs."""

import os
import re
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "drills", "lib"))
# pylint: disable=wrong-import-position
from binseek import Binseek, parse_binlog, refuse_halted
from support import DrillError

TICKS = os.sysconf("SC_CLK_TCK")


def anonymous_mb(pid):
    """What the process holds itself: anonymous memory."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(re.search(r"^RssAnon:\s*(\d+)", status.read(), re.MULTILINE).group(1)) / 1024


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Watch(threading.Thread):
    """The most that a process, and its spill files, held, looked at every 20 ms."""

    def __init__(self, binseek):
        super().__init__(daemon=True)
        self.pid, self.spill = binseek.process.pid, os.path.join(binseek.data, "spill")
        self.ended = threading.Event()
        self.memory_mb = self.spill_mb = 0.0

    def run(self):
        while not self.ended.wait(0.02):
            try:
                self.memory_mb = max(self.memory_mb, anonymous_mb(self.pid))
                self.spill_mb = max(self.spill_mb, self.open_spill_mb())
            except (OSError, AttributeError):
                return

    def open_spill_mb(self):
        """Spill files have no name: they are found among the open ones."""
        folder, total = f"/proc/{self.pid}/fd", 0
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            try:
                if "/spill/" in os.readlink(path):
                    total += os.stat(path).st_size
            except OSError:
                continue
        return total / 2**20

    def stop(self):
        self.ended.set()
        self.join()


def checkpoint(folder, url):
    """Follows the server from now on, until it is live, and stops: leaves a data directory to go on from."""
    shutil.rmtree(folder, ignore_errors=True)
    with Binseek(folder, url) as binseek:
        binseek.await_live()
        binseek.stop()


def catch_up(start, folder, database, limit_s=300.0):
    """Reads on from a copy of data directory `start` until all is applied that the server's binlog holds now. Returns seconds (from the start of the
    process), CPU seconds of all its threads, and the most memory that it held, in MB, anonymous and spilled."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(start, folder)
    file, offset = database.position()["binlog"]
    binseek = Binseek(folder, database.url)
    began = time.perf_counter()
    binseek.start()
    try:
        watch = Watch(binseek)
        watch.start()
        while True:
            status = binseek.status()
            refuse_halted(status)
            applied = parse_binlog((status or {}).get("position", {}).get("binlog"))
            if applied and applied >= (file, offset):
                break
            binseek.expect_running()
            if time.perf_counter() - began > limit_s:
                raise DrillError(f"not caught up after {limit_s:.0f} s: at {applied} of {file}:{offset}")
            time.sleep(0.01)
        seconds, cpu = time.perf_counter() - began, cpu_seconds(binseek.process.pid)
        watch.stop()
        binseek.stop()
        return {"seconds": seconds, "cpu_seconds": cpu, "memory_mb": watch.memory_mb, "spill_mb": watch.spill_mb}
    finally:
        binseek.kill9()
