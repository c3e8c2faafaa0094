"""ScratchTree: a copy of the sources to break and build, beside its own build folder; the work tree is never touched.

It lies in build/mutants and stays there, so that a further run only compiles what has changed. One run at a time uses it.
"""

import contextlib
import difflib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tarfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "drills", "lib"))
# pylint: disable=wrong-import-position
from mutant import git_apply
from support import BUILD, ROOT, DrillError, run

HOME = os.path.join(BUILD, "mutants")
PRESET = "dev"


def read(path):
    with open(path, "rb") as file:
        return file.read()


class ScratchTree:
    def __init__(self, commit=None):
        """`commit`: take the sources from there; None: as they are in the work tree."""
        self.commit = commit
        self.source = os.path.join(HOME, "source")  # as they were at the last sync
        self.root = os.path.join(HOME, "tree")

    @contextlib.contextmanager
    def locked(self):
        os.makedirs(self.root, exist_ok=True)
        with open(os.path.join(HOME, "lock"), "w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DrillError("another run uses build/mutants") from None
            yield self

    def _take_source(self):
        shutil.rmtree(self.source, ignore_errors=True)
        os.makedirs(self.source)
        if not self.commit:
            listing = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            for path in filter(None, listing.split("\0")):
                if os.path.isfile(os.path.join(ROOT, path)):
                    self._copy(path, ROOT, self.source)
            return
        with subprocess.Popen(["git", "archive", self.commit], cwd=ROOT, stdout=subprocess.PIPE) as archive:
            with tarfile.open(fileobj=archive.stdout, mode="r|") as tar:
                tar.extractall(self.source)
        if archive.returncode != 0:
            raise DrillError(f"there is no commit {self.commit}")

    @staticmethod
    def _copy(path, source, target):
        copy = os.path.join(target, path)
        os.makedirs(os.path.dirname(copy), exist_ok=True)
        shutil.copyfile(os.path.join(source, path), copy)
        shutil.copymode(os.path.join(source, path), copy)

    @staticmethod
    def _under(folder):
        found = set()
        for at, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if not (at == folder and name == "build")]
            found |= {os.path.relpath(os.path.join(at, name), folder) for name in names}
        return found

    def sync(self):
        """Makes the tree equal to its source; files that are equal keep their time, so that they are not compiled again."""
        self._take_source()
        wanted = self._under(self.source)
        for path in self._under(self.root) - wanted:
            os.remove(os.path.join(self.root, path))
        self.restore(wanted)

    def restore(self, paths):
        for path in paths:
            copy = os.path.join(self.root, path)
            if not os.path.exists(copy) or read(os.path.join(self.source, path)) != read(copy):
                self._copy(path, self.source, self.root)

    def apply(self, mutant):
        wrong = git_apply(os.path.join(ROOT, mutant.path), self.root)
        if wrong:
            raise DrillError(f"{mutant.path} does not apply: {wrong}")

    def build(self, programs):
        """Builds test programs; returns the end of what the compiler says, or None where all is well."""
        environment = dict(os.environ, CCACHE_BASEDIR=self.root, CCACHE_NOHASHDIR="1")
        done = subprocess.run([os.path.join(self.root, "dev"), "build-preset", PRESET, *programs], cwd=self.root, env=environment,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        return None if done.returncode == 0 else done.stdout[-3000:]

    def program(self, name):
        for at, _, names in os.walk(os.path.join(self.root, "build", PRESET, "tests")):
            if name in names and os.access(os.path.join(at, name), os.X_OK):
                return os.path.join(at, name)
        raise DrillError(f"no test program {name} was built")

    def run(self, name, cases, seed, limit_s):
        """Runs a test program: (None, cases run) where it is green, else (what was red, cases run)."""
        environment = dict(os.environ, BINSEEK_SEED=str(seed))
        try:
            done = subprocess.run([self.program(name), f"--gtest_filter={cases}"], cwd=self.root, env=environment, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", timeout=limit_s)
        except subprocess.TimeoutExpired:
            return f"not done after {limit_s:.0f} s", 0
        ran = re.search(r"^\[==========\] (\d+) tests? .* ran", done.stdout, re.MULTILINE)
        failed = sorted(set(re.findall(r"^\[  FAILED  \] (\w+\.\w+)", done.stdout, re.MULTILINE)))
        count = int(ran.group(1)) if ran else 0
        if done.returncode == 0:
            return None, count
        if failed:
            return " ".join(failed), count
        began = re.findall(r"^\[ RUN      \] (\S+)", done.stdout, re.MULTILINE)
        return f"ended with status {done.returncode}" + (f" in {began[-1]}" if began else ""), count

    def changes(self):
        """What was edited in the tree since sync, as a unified diff."""
        out = []
        for path in sorted(self._under(self.root)):
            source = os.path.join(self.source, path)
            before = read(source) if os.path.exists(source) else b""
            after = read(os.path.join(self.root, path))
            if before != after:
                out += difflib.unified_diff(before.decode().splitlines(keepends=True), after.decode().splitlines(keepends=True),
                                            f"a/{path}", f"b/{path}")
        return "".join(out)
