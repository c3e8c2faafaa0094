"""header_contract: a header opens with a comment that says what it is, and has the include guard of its path."""

import re

PUBLIC = ("engine/", "sync/", "api/", "tests/support/")
LEAST_COMMENT = 20  # characters of the opening comment; less cannot say what the header is


def guard_of(path):
    return "BINSEEK_" + re.sub(r"[^A-Z0-9]", "_", path.upper()) + "_"


def check_header(path, text):
    lines = text.splitlines()
    comment = 0
    while comment < len(lines) and lines[comment].startswith("//"):
        comment += 1
    if sum(len(line) for line in lines[:comment]) < LEAST_COMMENT:
        yield 1, "no opening comment: what it is, thread-safety, ownership, errors"
    code = [(number, line) for number, line in enumerate(lines, 1)
            if number > comment and line.strip() and not line.startswith("//")]
    guard = guard_of(path)
    opening = [line for _, line in code[:2]]
    if opening != [f"#ifndef {guard}", f"#define {guard}"]:
        yield (code[0][0] if code else 1), f"the include guard is {guard}"
    elif code[-1][1] != f"#endif  // {guard}":
        yield code[-1][0], f"the last line is #endif  // {guard}"


def check(tree):
    return [f"{path}:{line}: {what}" for path in tree.of_kind(".h", under=PUBLIC)
            for line, what in check_header(path, tree.text(path))]
