"""Peak memory of a process that may be restarted: anonymous pages (heap, stacks, spill buffers), sampled, and its files on disk."""

import os
import threading

LIMIT_MB = 512  # of anonymous memory, in every drill


def anonymous_mb(pid):
    """0 where there is no such process (any more)."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def folder_mb(folder):
    """What the files below a folder take on disk."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except OSError:
                pass  # deleted meanwhile
    return total / 2**20


def unnamed_files_mb(pid):
    """What the deleted files take that a process holds open: spilled rows lie in such."""
    total = 0
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{name}"
            if " (deleted)" in os.readlink(path):
                total += os.stat(path).st_blocks * 512
    except OSError:
        pass
    return total / 2**20


class MemoryWatch(threading.Thread):
    """Samples binseek, whichever process it is at the time; also its disk where `disk` says so."""

    def __init__(self, binseek, step_s=0.05, disk=False):
        super().__init__(daemon=True)
        self._binseek, self._step_s, self._disk = binseek, step_s, disk
        self._stopping = threading.Event()
        self.peak_mb = 0.0
        self.peak_data_mb = 0.0   # of the data directory
        self.peak_spill_mb = 0.0  # of files without a name

    def run(self):
        while not self._stopping.wait(self._step_s):
            process = self._binseek.process
            if process is None:
                continue
            self.peak_mb = max(self.peak_mb, anonymous_mb(process.pid))
            if self._disk:
                self.peak_data_mb = max(self.peak_data_mb, folder_mb(self._binseek.data))
                self.peak_spill_mb = max(self.peak_spill_mb, unnamed_files_mb(process.pid))

    def stop(self):
        self._stopping.set()
        if self.is_alive():
            self.join()
