"""format: clang-format-14 would change nothing (`./dev format` mends)."""

import concurrent.futures
import os
import re
import subprocess

BATCH = 16  # files per process


def unformatted(tree, paths):
    run = subprocess.run(["clang-format-14", "--dry-run", *paths], cwd=tree.root, check=False,
                         capture_output=True, text=True)
    lines = re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error): code should be clang-formatted", run.stderr, re.MULTILINE)
    first = {}
    for path, line in lines:
        first.setdefault(path, line)
    findings = [f"{path}:{line}: not as clang-format-14 writes it (./dev format)" for path, line in first.items()]
    if run.returncode != 0:
        findings.append(f"clang-format-14: {run.stderr.strip()[:200]}")
    return findings


def check(tree):
    paths = tree.of_kind(".h", ".cc")
    batches = [paths[start:start + BATCH] for start in range(0, len(paths), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        return [finding for found in pool.map(lambda batch: unformatted(tree, batch), batches) for finding in found]
