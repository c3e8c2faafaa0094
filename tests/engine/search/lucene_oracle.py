#!/usr/bin/env python3
"""Makes lucene_expected.txt anew: lucene_oracle.py ENGINE_SEARCH_TEST. Needs a JDK of 21 or later and Maven, which fetches Lucene.

lucene_oracle.py ENGINE_SEARCH_TEST --seed S [S...] tries fresh cases instead, and writes nothing.
"""

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


def ask_lucene(program, folder, home, expected, environment):
    cases = os.path.join(folder, "cases")
    subprocess.run([program, "--gtest_filter=LuceneCasesTest.*"], env={**environment, "BINSEEK_LUCENE_CASES": cases}, check=True, stdout=subprocess.DEVNULL)
    jars = classpath(folder, home)
    subprocess.run([os.path.join(home, "bin", "javac"), "-proc:none", "-nowarn", "-cp", jars, "-d", folder, os.path.join(HERE, "LuceneOracle.java")], check=True)
    subprocess.run([os.path.join(home, "bin", "java"), "-cp", f"{folder}:{jars}", "LuceneOracle", cases, expected], check=True)


def main():
    home = programs.find_jdk()[1]
    program, seeds = sys.argv[1], sys.argv[3:] if sys.argv[2:3] == ["--seed"] else []
    with tempfile.TemporaryDirectory() as folder:
        if not seeds:
            ask_lucene(program, folder, home, os.path.join(HERE, "lucene_expected.txt"), os.environ)
        for seed in seeds:
            expected = os.path.join(folder, "expected")
            environment = {**os.environ, "BINSEEK_LUCENE_SEED": seed, "BINSEEK_LUCENE_EXPECTED": expected}
            ask_lucene(program, folder, home, expected, environment)
            print(f"seed {seed}", flush=True)
            if subprocess.run([program, "--gtest_filter=*LuceneTest.*", "--gtest_brief=1"], env=environment, check=False).returncode != 0:
                sys.exit(1)


if __name__ == "__main__":
    main()
