"""packages: every library that the build names is in config/packages.txt, and every package there says why."""

import re

LIST, LIBRARIES = "config/packages.txt", "config/cmake/third_party.cmake"
# Where Debian's name is not libNAME-dev or NAME-dev.
PACKAGE = {"sqlite": "libsqlite3-dev", "httplib": "libcpp-httplib-dev", "yaml": "libyaml-cpp-dev",
           "zlib": "zlib1g-dev", "openssl": "libssl-dev"}


def read_packages(text):
    """[(line, group, package, reason)]."""
    group, found = None, []
    for number, line in enumerate(text.splitlines(), 1):
        words, _, reason = line.partition("#")
        words = words.split()
        if not words:
            continue
        if words[0].startswith("["):
            group = words[0].strip("[]")
        else:
            found.append((number, group, words[0], reason.strip()))
    return found


def check(tree):
    packages = read_packages(tree.text(LIST))
    findings = [f"{LIST}:{number}: {name} does not say why it is here"
                for number, _, name, reason in packages if not reason]
    seen = set()
    for number, group, name, _ in packages:
        if (group, name) in seen:
            findings.append(f"{LIST}:{number}: {name} is in [{group}] twice")
        seen.add((group, name))
    to_build = {name for _, group, name, _ in packages if group == "build"}
    cmake = tree.text(LIBRARIES)
    for match in re.finditer(r"^binseek_third_party\(binseek_(\w+)", cmake, re.MULTILINE):
        library = match.group(1)
        names = {PACKAGE[library]} if library in PACKAGE else {f"lib{library}-dev", f"{library}-dev"}
        if not names & to_build:
            findings.append(f"{LIBRARIES}:{cmake.count(chr(10), 0, match.start()) + 1}: {library}: no "
                            f"{' or '.join(sorted(names))} in [build] of {LIST}")
    return findings
