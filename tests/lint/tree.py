"""Tree: the files that a lint looks at, and C++ text without what is no code."""

import os
import re
import subprocess

CPP = (".h", ".cc")
LITERAL_OR_COMMENT = re.compile(
    r'R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)"'  # raw string
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|(?<![0-9A-Fa-f])'(?:[^'\\\n]|\\.)+'"  # no digit separator
    r"|//[^\n]*"
    r"|/\*.*?\*/", re.DOTALL)


def code_only(text):
    """C++ without comments and literals; every line stays on its line."""
    return LITERAL_OR_COMMENT.sub(lambda found: "\n" * found.group().count("\n"), text)


class Tree:
    """The files under `root`: in a work tree those that git knows or would add, elsewhere all."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(path for path in self._listed() if os.path.isfile(os.path.join(root, path)))
        self._texts = {}

    def _listed(self):
        if os.path.exists(os.path.join(self.root, ".git")):
            listing = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                                     cwd=self.root, check=True, capture_output=True, text=True).stdout
            return {path for path in listing.split("\0") if path}
        return {os.path.relpath(os.path.join(folder, name), self.root)
                for folder, _, names in os.walk(self.root) for name in names}

    def of_kind(self, *endings, under=("",)):
        return [path for path in self.paths if path.endswith(endings) and path.startswith(under)]

    def text(self, path):
        """The file's text, with U+FFFD for what is no UTF-8."""
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def is_text(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            return b"\0" not in file.read(4096)
