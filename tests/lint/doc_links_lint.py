"""doc_links: a relative link of a page leads to a file, and to a heading of it; every top folder has its map."""

import os
import re
import urllib.parse

LINK = re.compile(r"(?<!\!)\[[^\]\n]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
IMAGE = re.compile(r"!\[[^\]\n]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"`[^`\n]*`")
MAPS = ("engine/ARCHITECTURE.md", "sync/ARCHITECTURE.md", "api/ARCHITECTURE.md", "tests/ARCHITECTURE.md",
        "config/ARCHITECTURE.md", "README.md", "tests/README.md")


def blanked(pattern, text):
    """The text with what fits the pattern gone, each line still on its line."""
    return pattern.sub(lambda found: "\n" * found.group().count("\n"), text)


def headings(text):
    """The anchors that GitHub gives the headings of a page."""
    seen = {}
    for title in re.findall(r"^#{1,6}[ \t]+(.*?)[ \t#]*$", blanked(FENCED, text), re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        anchor = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        count = seen.get(anchor, 0)
        seen[anchor] = count + 1
        yield f"{anchor}-{count}" if count else anchor


def check_link(tree, page, link, exists):
    parts = urllib.parse.urlsplit(link)
    if parts.scheme or parts.netloc:
        return None
    target = page
    if parts.path:
        target = os.path.normpath(os.path.join(os.path.dirname(page), urllib.parse.unquote(parts.path)))
        if target.startswith("..") or not exists(target):
            return f"({link}) leads nowhere"
    if parts.fragment and target.endswith(".md") and parts.fragment not in headings(tree.text(target)):
        return f"({link}): {target} has no such heading"
    return None


def check(tree):
    folders = {os.path.dirname(path) for path in tree.paths}
    folders |= {part for folder in folders for part in parents(folder)}
    known = set(tree.paths) | folders

    findings = [f"{path}:1: is not there" for path in MAPS if path not in tree.paths]
    for page in tree.of_kind(".md"):
        text = blanked(INLINE_CODE, blanked(FENCED, tree.text(page)))
        for match in list(LINK.finditer(text)) + list(IMAGE.finditer(text)):
            wrong = check_link(tree, page, match.group(1), lambda target: target.rstrip("/") in known)
            if wrong:
                findings.append(f"{page}:{text.count(chr(10), 0, match.start()) + 1}: {wrong}")
    return findings


def parents(folder):
    while folder:
        yield folder
        folder = os.path.dirname(folder)
