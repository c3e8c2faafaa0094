"""mutants: every planted fault of tests/mutants can be read, still applies, and names a test program that there is."""

import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mutants"))
# pylint: disable=wrong-import-position
from mutant import FOLDER, MutantError, git_apply, parse


def check(tree):
    lists = [tree.text(path) for path in tree.paths if path.startswith("tests/") and path.endswith("CMakeLists.txt")]
    programs = set(re.findall(r"binseek_test\((\w+)", "\n".join(lists)))
    findings = []
    for path in tree.of_kind(".patch", under=(FOLDER,)):
        try:
            mutant = parse(path, tree.text(path))
        except MutantError as error:
            findings.append(str(error))
            continue
        wrong = git_apply(os.path.join(tree.root, path), tree.root, "--check")
        if wrong:
            findings.append(f"{path}:1: does not apply: {' '.join(wrong.split())}")
        if mutant.red not in programs:
            findings.append(f"{path}:1: there is no test program {mutant.red}")
    return findings
