#!/usr/bin/env python3
"""Makes lucene_expected.txt anew: lucene_oracle.py ENGINE_SEARCH_TEST. Needs a JDK of 21 or later and Maven, which fetches Lucene."""

import glob
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "bench", "engine_bench"))
import programs  # noqa: E402


def classpath(folder, home):
    """Lucene's jar: from Maven's repository here, else by Maven."""
    jars = sorted(glob.glob(os.path.expanduser("~/.m2/repository/org/apache/lucene/lucene-core/10.*/*[0-9].jar")))
    if jars:
        return jars[-1]
    pom, out = os.path.join(folder, "pom.xml"), os.path.join(folder, "classpath")
    with open(pom, "w", encoding="utf-8") as file:
        file.write(programs.POM)
    subprocess.run(["mvn", "-B", "-q", "-f", pom, "dependency:build-classpath", f"-Dmdep.outputFile={out}"],
                   env={**os.environ, "JAVA_HOME": home}, check=True)
    with open(out, encoding="utf-8") as file:
        return file.read().strip()


def main():
    home = programs.find_jdk()[1]
    with tempfile.TemporaryDirectory() as folder:
        cases = os.path.join(folder, "cases")
        subprocess.run([sys.argv[1], "--gtest_filter=LuceneCasesTest.*"], env={**os.environ, "BINSEEK_LUCENE_CASES": cases}, check=True)
        jars = classpath(folder, home)
        subprocess.run([os.path.join(home, "bin", "javac"), "-proc:none", "-nowarn", "-cp", jars, "-d", folder, os.path.join(HERE, "LuceneOracle.java")], check=True)
        subprocess.run([os.path.join(home, "bin", "java"), "-cp", f"{folder}:{jars}", "LuceneOracle", cases, os.path.join(HERE, "lucene_expected.txt")], check=True)


if __name__ == "__main__":
    main()
