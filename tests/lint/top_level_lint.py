"""top_level: the root holds what it should, and nothing else."""

ALLOWED = {
    "CMakeLists.txt", "sync", "engine", "api", "docker-compose.yml", "tests", "config",
    "README.md", "LICENSE", "CMakePresets.json", "dev", ".ci", ".clang-format", ".clang-tidy", ".gitignore",
    ".dockerignore",
}
REQUIRED = ALLOWED - {".dockerignore"}


def check(tree):
    present = {path.split("/")[0] for path in tree.paths}
    return ([f"{name}:1: does not belong at the top" for name in sorted(present - ALLOWED)]
            + [f"{name}:1: is not there" for name in sorted(REQUIRED - present)])
