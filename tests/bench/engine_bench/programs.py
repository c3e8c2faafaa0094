"""The two sides of `./dev bench engine` as programs that answer a command a line: engine_bench, and LucenePeer on a JDK."""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PROGRAM = os.path.join(ROOT, "build", "bench", "tests", "bench", "engine_bench")
LUCENE = "10.6.0"
WARM_ROUNDS, WARM_S = 400, 10
POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>binseek.bench</groupId><artifactId>peer</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.lucene</groupId><artifactId>lucene-core</artifactId><version>{LUCENE}</version></dependency>
</dependencies></project>
"""


class Absent(Exception):
    """Why the peer is not to be had here."""


class Program:
    """A child process; `ask` raises SystemExit with what it said where a command fails."""

    def __init__(self, command, log):
        self.log = log
        with open(log, "ab") as errors:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT)

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        answer = json.loads(line) if line else {"error": f"the program ended, see {self.log}"}
        if "error" in answer:
            raise SystemExit(f"engine: {command}: {answer['error']}")
        return answer

    def warm(self, name):
        """Runs a class of queries until three rounds in a row agree within 3 %."""
        rounds, end = [], time.monotonic() + WARM_S
        while time.monotonic() < end and len(rounds) < WARM_ROUNDS:
            rounds.append(self.ask(f"query {name}")["mean_us"])
            if len(rounds) > 20 and max(rounds[-3:]) <= 1.03 * min(rounds[-3:]):
                break

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if sys.exc_info()[0]:
            self.process.kill()
        self.close()


class Engine(Program):
    def __init__(self, folder):
        super().__init__([PROGRAM], os.path.join(folder, "engine.log"))

    @staticmethod
    def build_program():
        built = subprocess.run(["./dev", "build-preset", "bench", "engine_bench"], cwd=ROOT, check=False, capture_output=True, text=True)
        if built.returncode != 0:
            raise SystemExit(f"engine: engine_bench does not build:\n{built.stdout[-2000:]}{built.stderr[-2000:]}")


def find_jdk():
    """(version, home) of the newest JDK with a compiler."""
    homes = [os.environ["BINSEEK_JAVA"]] if "BINSEEK_JAVA" in os.environ else [os.environ.get("JAVA_HOME", ""), *glob.glob("/usr/lib/jvm/*")]
    found = []
    for home in homes:
        javac = os.path.join(home, "bin", "javac")
        if home and os.access(javac, os.X_OK):
            said = subprocess.run([javac, "-version"], check=False, capture_output=True, text=True)
            version = re.match(r"javac (\d+)", said.stdout + said.stderr)
            if version:
                found.append((int(version.group(1)), home))
    if not found or max(found)[0] < 21:
        raise Absent(f"no JDK of 21 or later, {f'the newest is {max(found)[0]}' if found else 'there is none'}")
    return max(found)


class Lucene:
    """Resolves and compiles once; start() gives a running peer."""

    def __init__(self, folder, heap_gb):
        version, home = find_jdk()
        if not shutil.which("mvn"):
            raise Absent("no Maven to resolve it with")
        self.name = f"Lucene {LUCENE}, JDK {version}"
        self.folder = os.path.join(folder, "lucene-peer")
        os.makedirs(self.folder)
        pom, jars = os.path.join(self.folder, "pom.xml"), os.path.join(self.folder, "classpath")
        with open(pom, "w", encoding="utf-8") as file:
            file.write(POM)
        resolved = subprocess.run(["mvn", "-B", "-q", "-f", pom, "dependency:build-classpath", f"-Dmdep.outputFile={jars}"],
                                  env={**os.environ, "JAVA_HOME": home}, check=False, capture_output=True, text=True)
        if resolved.returncode != 0:
            raise Absent(f"Maven could not resolve Lucene {LUCENE}")
        with open(jars, encoding="utf-8") as file:
            classpath = f"{self.folder}:{file.read().strip()}"
        compiled = subprocess.run([os.path.join(home, "bin", "javac"), "-proc:none", "-cp", classpath, "-d", self.folder,
                                   "-sourcepath", HERE, os.path.join(HERE, "LucenePeer.java")], check=False, capture_output=True, text=True)
        if compiled.returncode != 0:
            raise SystemExit(f"engine: LucenePeer.java does not compile:\n{compiled.stderr[-2000:]}")
        self.command = [os.path.join(home, "bin", "java"), f"-Xmx{heap_gb}g", "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED", "-cp", classpath, "LucenePeer"]
        self.started = 0

    def start(self):
        self.started += 1
        return Program(self.command, os.path.join(self.folder, f"{self.started}.log"))


class Tantivy:
    """Builds tantivy_peer once, by cargo with the locked versions; start() gives a running peer."""

    def __init__(self, folder):
        if not shutil.which("cargo"):
            raise Absent("no cargo to build Tantivy with")
        source = os.path.join(os.path.dirname(HERE), "tantivy_peer")
        target = os.path.join(ROOT, "build", "tantivy_peer")
        built = subprocess.run(["cargo", "build", "--release", "--locked", "--manifest-path", os.path.join(source, "Cargo.toml"), "--target-dir", target],
                               check=False, capture_output=True, text=True)
        if built.returncode != 0:
            raise Absent(f"cargo could not build it: {built.stderr.strip().splitlines()[-1]}")
        with open(os.path.join(source, "Cargo.lock"), encoding="utf-8") as file:
            self.name = "Tantivy " + re.search(r'name = "tantivy"\nversion = "(.*?)"', file.read()).group(1)
        self.folder = folder
        self.program = os.path.join(target, "release", "tantivy_peer")

    def start(self):
        return Program([self.program], os.path.join(self.folder, "tantivy.log"))


def folder_bytes(folder):
    return sum(entry.stat().st_size for entry in os.scandir(folder))


def in_control_group(folder, limit_bytes, commands):
    """Runs engine_bench over the commands in a memory control group: 0, or 1 where it failed; None where no group can be made."""
    for parent, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = os.path.join(parent, f"binseek-bench-{os.getpid()}")
        try:
            os.mkdir(group)
            break
        except OSError:
            continue
    else:
        return None
    try:
        with open(os.path.join(group, limit), "w", encoding="utf-8") as file:
            file.write(str(limit_bytes))

        def join():
            with open(os.path.join(group, "cgroup.procs"), "w", encoding="utf-8") as file:
                file.write(str(os.getpid()))

        with open(os.path.join(folder, "group.log"), "ab") as log:
            ran = subprocess.run([PROGRAM], input="\n".join(commands) + "\n", stdout=log, stderr=log, text=True, cwd=ROOT,
                                 check=False, preexec_fn=join)
        return int(ran.returncode != 0)
    except OSError:
        return None
    finally:
        os.rmdir(group)
