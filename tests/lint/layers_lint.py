"""layers: an #include points only where config/layers.txt allows, and headers keep third-party headers out.

With one include root, an upward #include compiles although the CMake DEPS are clean; hence this look at the text.
"""

import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.MULTILINE)
LAYER_CALL = re.compile(r"binseek_layer\(\s*(\S+)(.*?)\)", re.DOTALL)
SOURCES = ("engine/", "sync/", "api/")
# Angle includes with a ".h" or a "/" that a header may have: the system's, not a library's.
SYSTEM = re.compile(r"(sys|netinet|arpa)/\w+\.h|(unistd|fcntl|errno|poll|signal|time|pthread|dirent)\.h|\w*intrin\.h|arm_neon\.h")
TEST_LIBRARIES = re.compile(r"(gtest|gmock)/")


def read_layers(tree):
    """{layer: (rank, "base" or "all")}."""
    layers = {}
    for line in tree.text("config/layers.txt").splitlines():
        columns = line.split("#")[0].split()
        if columns:
            layers[columns[0]] = (int(columns[1]), columns[2])
    return layers


def layer_of(path, layers):
    fitting = [name for name in layers if path.startswith(name + "/")]
    return max(fitting, key=len, default=None)


def declared_deps(tree):
    """{layer: layers that it may reach by its DEPS}, as the CMakeLists.txt files say."""
    direct = {}
    for path in tree.of_kind("CMakeLists.txt"):
        for name, rest in LAYER_CALL.findall(tree.text(path)):
            deps = re.search(r"\bDEPS\b(.*?)(?=\b(?:SRCS|HDRS|LIBS)\b|$)", rest, re.DOTALL)
            direct[name] = set(deps.group(1).split()) if deps else set()
    reach = {}

    def walk(name):
        if name not in reach:
            reach[name] = set()
            for dep in direct.get(name, ()):
                reach[name] |= {dep} | walk(dep)
        return reach[name]

    for name in direct:
        walk(name)
    return reach


def why_refused(layer, other, layers):
    """Why a file of `layer` may not include one of `other`; None where it may."""
    rank, engine = layers[layer]
    if other == layer:
        return None
    if layers[other][0] >= rank:
        return f"{layer} (rank {rank}) may not use {other} (rank {layers[other][0]})"
    if engine == "base" and other.startswith("engine/") and other != "engine/base":
        return f"{layer} may use engine/base only, not {other}"
    return None


def check_own(tree, path, included, layers, reach):
    if included not in tree.paths:
        return f'no file "{included}" in the tree: includes of our own name the path from the root'
    layer, other = layer_of(path, layers), layer_of(included, layers)
    if included.startswith("tests/") and not path.startswith("tests/"):
        return "code that ships does not include tests/"
    if layer is None or other is None:
        return None
    refused = why_refused(layer, other, layers)
    if refused:
        return refused + " (config/layers.txt)"
    if other != layer and layer in reach and other not in reach[layer]:
        return f"{layer} uses {other} but does not name it in its DEPS"
    return None


def check_system(path, included):
    if not path.endswith(".h") or not ("/" in included or included.endswith(".h")):
        return None
    if SYSTEM.fullmatch(included) or (path.startswith("tests/") and TEST_LIBRARIES.match(included)):
        return None
    return f"<{included}> belongs into .cc files: headers stay free of third-party headers"


def check(tree):
    layers, reach = read_layers(tree), declared_deps(tree)
    findings = []
    for path in tree.of_kind(".h", ".cc", under=SOURCES + ("tests/",)):
        text = tree.text(path)
        if path.startswith(SOURCES) and layer_of(path, layers) is None:
            findings.append(f"{path}:1: in no layer of config/layers.txt")
            continue
        for match in INCLUDE.finditer(text):
            quote, included = match.groups()
            wrong = (check_own(tree, path, included, layers, reach) if quote == '"'
                     else check_system(path, included))
            if wrong:
                findings.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {wrong}")
    return findings
