#!/usr/bin/env python3
"""Puts sources together that can be compiled as one translation unit, so that the headers they share are read once.

usage: config/cmake/batches.py --out FOLDER [--lines N] FILE.cc...     (in the root of the tree)

Writes FOLDER/batch_N.cc, each of which includes sources of together at most N lines, and prints the paths of what there is to
compile, one a line. Sources that declare the same name, each for itself (in an unnamed namespace, or as a macro), are kept apart.
One with a #pragma stays alone.
"""

import argparse
import os
import re

LINES = 2500
# What a line at the margin declares, once template arguments and attributes are gone.
NAMESPACE = re.compile(r"namespace ([\w:]+) \{")
TYPE = re.compile(r"(?:class|struct|union|enum class|enum)\s+(\w+)")
OTHER = re.compile(r"([\w:~]+)\s*(?:\(|\{|=(?!=)|\[|;|$)")
DEFINE = re.compile(r"\s*#\s*define\s+(\w+)")
NOISE = re.compile(r'//.*|"(?:[^"\\]|\\.)*"|alignas\([^()]*\)')
NOT_NAMES = {"operator", "template", "requires", "static_assert", "TEST", "TEST_F", "TEST_P"}


def declared_name(line):
    """The name that a line at the margin declares, or None."""
    bare = NOISE.sub("", line)
    while bare != (bare := re.sub(r"<[^<>]*>", "", bare)):
        pass
    found = TYPE.match(bare) or OTHER.search(bare)
    return found.group(1) if found and "::" not in found.group(1) else None


class Source:
    """A source and the names that it declares for itself."""

    def __init__(self, path):
        self.path = path
        with open(path, encoding="utf-8") as text:
            lines = text.read().splitlines()
        self.lines = len(lines)
        self.alone = any(line.lstrip().startswith("#pragma") for line in lines)
        self.own = set()
        named, unnamed = "", False
        for line in lines:
            if found := NAMESPACE.match(line):
                named = found.group(1)
            elif line.startswith(("namespace {", "}  // namespace")):
                unnamed = line.startswith("namespace {")
            elif found := DEFINE.match(line):
                self.own.add(found.group(1))
            elif (unnamed or line.startswith("static ")) and line[:1] not in ("", " ", "}", "#", ")"):
                name = declared_name(line)
                if name and name not in NOT_NAMES:
                    self.own.add(f"{named}::{name}")

    def goes_with(self, other):
        return not (self.alone or other.alone or self.own & other.own)


def batches(paths, max_lines=LINES):
    """Lists of paths; each file goes to the first list that has room for it and no other one's names."""
    made = []
    for source in map(Source, paths):
        for batch in made:
            if sum(other.lines for other in batch) + source.lines <= max_lines and all(map(source.goes_with, batch)):
                batch.append(source)
                break
        else:
            made.append([source])
    return [[source.path for source in batch] for batch in made]


def write(path, sources):
    """Writes the translation unit of the sources; where it is there already it is left alone, so that nothing is compiled again."""
    text = "".join(f'#include "{source}"\n' for source in sources)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as old:
            if old.read() == text:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as new:
        new.write(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", required=True)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("files", nargs="+")
    chosen = parser.parse_args()
    for number, sources in enumerate(batches(chosen.files, chosen.lines)):
        path = os.path.abspath(sources[0])
        if len(sources) > 1:
            path = os.path.join(os.path.abspath(chosen.out), f"batch_{number}.cc")
            write(path, sources)
        print(path)


if __name__ == "__main__":
    main()
