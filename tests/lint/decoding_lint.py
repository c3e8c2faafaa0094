"""decoding: what sync/binlog/DECODING.md names is there: each file of code, and each test, as Suite.Case."""

import re

PAGE = "sync/binlog/DECODING.md"
ROW = re.compile(r"^\| (\d+) \|(.*)\|(.*)\|(.*)\|$")
CODE = re.compile(r"`([^`]+)`")
TEST = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)


def check(tree):
    if PAGE not in tree.paths:
        return [f"{PAGE}:1: is not there"]
    tests = {".".join(found) for path in tree.of_kind("_test.cc", under=("tests/",)) for found in TEST.findall(tree.text(path))}
    paths = set(tree.paths)
    findings = []
    for number, line in enumerate(tree.text(PAGE).splitlines(), 1):
        row = ROW.match(line)
        if row is None:
            continue
        code, named = CODE.findall(row.group(3)), CODE.findall(row.group(4))
        findings += [f"{PAGE}:{number}: no file {path}" for path in code if path not in paths]
        findings += [f"{PAGE}:{number}: no test {name}" for name in named if name not in tests]
        if not code or not named:
            findings.append(f"{PAGE}:{number}: names no {'test' if code else 'code'}")
    return findings
