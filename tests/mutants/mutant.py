"""Mutant: a planted fault, a small patch of the sources that has to turn a test red. README.md says how one is written."""

import dataclasses
import os
import re
import subprocess

FOLDER = os.path.join("tests", "mutants")
HEADER = re.compile(r"^([A-Z][a-z]+): +(\S.*)$")
REQUIRED = ("Breaks", "Red")
KNOWN = REQUIRED + ("Cases",)
SOURCES = ("engine/", "sync/", "api/")


class MutantError(Exception):
    """What is wrong with a patch, as `path:line: ...`."""


@dataclasses.dataclass
class Mutant:
    name: str
    path: str  # from the root
    breaks: str
    red: str  # the test program
    cases: str  # as --gtest_filter takes it
    files: list  # that it changes


def parse(path, text):
    """Reads one patch. Raises MutantError."""
    fields, files = {}, []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("+++ "):
            file = line[4:].split("\t")[0]
            if not file.startswith("b/") or not file[2:].startswith(SOURCES):
                raise MutantError(f"{path}:{number}: changes {file}; only {' '.join(SOURCES)} can be broken, as b/...")
            files.append(file[2:])
        elif not files and not line.startswith(("---", "diff ", "index ")) and line:
            match = HEADER.match(line)
            if not match or match.group(1) not in KNOWN:
                raise MutantError(f"{path}:{number}: neither a header ({', '.join(KNOWN)}) nor a part of a diff")
            fields[match.group(1)] = match.group(2)
    for name in REQUIRED:
        if name not in fields:
            raise MutantError(f"{path}:1: no header `{name}: ...`")
    if not files:
        raise MutantError(f"{path}:{len(lines)}: no diff")
    return Mutant(os.path.basename(path).removesuffix(".patch"), path, fields["Breaks"], fields["Red"], fields.get("Cases", "*"),
                  files)


def load_all(root):
    """All mutants of the tree, by name. Raises MutantError."""
    mutants = []
    for file in sorted(os.listdir(os.path.join(root, FOLDER))):
        if file.endswith(".patch"):
            path = os.path.join(FOLDER, file)
            with open(os.path.join(root, path), encoding="utf-8") as patch:
                mutants.append(parse(path, patch.read()))
    return mutants


def git_apply(patch, root, *options):
    """Applies the patch (an absolute path) to the files under `root`; returns what git says against it, or None."""
    # A folder below a work tree is a tree of its own here: without the ceiling git would take the paths for the work tree's.
    environment = dict(os.environ, GIT_CEILING_DIRECTORIES=os.path.dirname(os.path.abspath(root)))
    done = subprocess.run(["git", "apply", "--whitespace=nowarn", *options, patch], cwd=root, env=environment, check=False,
                          capture_output=True, text=True)
    return None if done.returncode == 0 else (done.stderr.strip() or f"status {done.returncode}")
