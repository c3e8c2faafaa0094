"""banned_words: what no file may contain: paths of one machine, exceptions, notes to self, talk about how work is organised."""

import re

from tree import CPP, code_only

EXEMPT = ("tests/lint/",)  # the lints name what they ban
IN_ANY_TEXT = (
    (re.compile(r"""(?<![\w.}"'/$])/work/"""), "a path of one machine"),
    (re.compile(r"""(?<![\w.}"'/$])/root/"""), "a path of one machine"),
    (re.compile(r"(?<![\w*])\.library\b"), "a path of one machine"),
    (re.compile(r"\b(TODO|FIXME|XXX|HACK)\b"), "finish it, or say what is not there as a plain fact"),
    (re.compile(r"-march=native|-mtune=native"), "dispatch per function at run time instead"),
    (re.compile(r"\b(issue|task|ticket|milestone) #?\d+\b", re.I), "talk about how work is organised"),
    (re.compile(r"\b(roadmap|sub-?agents?|chatgpt|claude|copilot|language model|co-authored-by|the brief says|as (requested|instructed)|"
                r"(previous|earlier|later|next) (session|issue|milestone))\b", re.I), "talk about how work is organised"),
    (re.compile(r"\bimplemented (here|below) (later|soon)\b|\bstub(bed)? (for now|implementation)\b|\bnot yet implemented\b|\bfor now\b", re.I),
     "say what holds, not what is to come"),
)
IN_CODE = (
    (re.compile(r"\bthrow\b"), "errors are Status and Result<T>"),
    (re.compile(r"\busing\s+namespace\b"), "name what you use"),
    (re.compile(r"\bstd::(format|expected|move_only_function|source_location)\b"), "not in both compilers"),
)


def scan(path, text, rules):
    for pattern, why in rules:
        for match in pattern.finditer(text):
            yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: '{match.group().strip()}': {why}"


def check(tree):
    findings = []
    for path in tree.paths:
        if path.startswith(EXEMPT) or not tree.is_text(path):
            continue
        text = tree.text(path)
        findings += scan(path, text, IN_ANY_TEXT)
        if path.endswith(CPP):
            findings += scan(path, code_only(text), IN_CODE)
    return findings
