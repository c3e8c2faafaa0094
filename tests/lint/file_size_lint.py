"""file_size: files and functions that can be read at a sitting.

What is over a soft limit stands in file_size.txt with its number of lines, and that list only shrinks: an entry is
never added or raised after the list's first commit, and one that is too high or needless has to go. Nothing is ever over a hard limit.
"""

import re
import subprocess
import sys

LIST = "tests/lint/file_size.txt"
SOFT, HARD, HARD_TEST = 400, 600, 800
FUNCTION = 60
# The start of something at column 0 that ends in `{` but is no function.
NO_FUNCTION = re.compile(r"(namespace|class|struct|enum|union|extern|typedef)\b|.*=\s*\{$|template\b.*\b(class|struct)\b.*[^)]\s*\{$")


def read_list(text):
    entries = {}
    for line in text.splitlines():
        columns = line.split("#")[0].split()
        if columns:
            entries[columns[0]] = int(columns[1])
    return entries


def functions(text):
    """(name, first line, lines) of each function at namespace level; clang-format puts these at column 0."""
    start, name = None, None
    head = []
    for number, line in enumerate(text.splitlines(), 1):
        if start is None:
            if not line or line[0] in "}#/ ":
                if line.startswith("    ") and head:
                    head.append(line.strip())  # a signature of several lines
                else:
                    head = []
            else:
                head = [line]
            if head and line.endswith("{"):
                whole = " ".join(head)
                if not NO_FUNCTION.match(whole) and "(" in whole:
                    start = number - len(head) + 1
                    name = re.search(r"([\w:~]+|operator\S+)\(", whole)
                    name = name.group(1) if name else "?"
                head = []
        elif line.startswith("}"):
            yield name, start, number - start + 1
            start = None


def measure(tree):
    """[(entry name, where, lines, soft, hard)] of all that is over a soft limit."""
    over = []
    for path in tree.of_kind(".h", ".cc"):
        text = tree.text(path)
        lines = text.count("\n")
        test = path.startswith("tests/")
        hard = HARD_TEST if test else HARD
        soft = hard if test else SOFT
        if lines > soft:
            over.append((path, f"{path}:1", lines, soft, hard))
        if not test:
            over += [(f"{path}:{name}", f"{path}:{line}", length, FUNCTION, 2 * FUNCTION)
                     for name, line, length in functions(text) if length > FUNCTION]
    return over


def older_lists(tree):
    """The list as of each commit that touched it; empty without a history."""
    log = subprocess.run(["git", "log", "--format=%H", "--", LIST], cwd=tree.root, check=False,
                         capture_output=True, text=True)
    for commit in log.stdout.split() if log.returncode == 0 else []:
        shown = subprocess.run(["git", "show", f"{commit}:{LIST}"], cwd=tree.root, check=False,
                               capture_output=True, text=True)
        if shown.returncode == 0:
            yield read_list(shown.stdout)


def check_list_shrinks(tree, listed):
    least = {}
    for older in older_lists(tree):
        for name in listed:
            least[name] = min(older.get(name, 0), least.get(name, sys.maxsize))
    return [f"{LIST}:1: {name}: the list only shrinks; an older one had {least[name] or 'no such entry'}"
            for name, lines in listed.items() if lines > least.get(name, sys.maxsize)]


def check(tree):
    listed = read_list(tree.text(LIST)) if LIST in tree.paths else {}
    findings = []
    needed = {}
    for name, where, lines, soft, hard in measure(tree):
        needed[name] = max(lines, needed.get(name, 0))
        if lines > hard:
            findings.append(f"{where}: {lines} lines; {hard} is the most")
        elif lines > listed.get(name, soft):
            findings.append(f"{where}: {lines} lines; the limit is {listed.get(name, soft)}")
    for name, lines in listed.items():
        if lines > needed.get(name, 0):
            better = f"{needed[name]} lines now" if name in needed else "no longer over a limit"
            findings.append(f"{LIST}:1: {name}: {better}; take the entry down")
    return findings + check_list_shrinks(tree, listed)
