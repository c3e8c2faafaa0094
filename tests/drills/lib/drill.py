"""The frame of a drill: its arguments, its seeds, and the report that it ends with.

    def rounds(drill):
        for number in drill.each_round():
            ...
            drill.difference("products/17: price differs")

    sys.exit(Drill("kill9", __doc__, default_rounds=20).main(rounds))
"""

import argparse
import json
import os
import random
import shlex
import shutil
import time
import traceback

from support import BUILD, ROOT

SHOWN = 40  # differences that are printed


class Drill:
    def __init__(self, name, doc, default_rounds, add_arguments=None):
        self.name = name
        parser = argparse.ArgumentParser(prog=f"./dev drill {name}", description=doc,
                                         formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--rounds", type=int, default=default_rounds, metavar="N", help=f"({default_rounds})")
        parser.add_argument("--seed", type=int, metavar="S", help="repeat a run (default: another one each time)")
        parser.add_argument("--json", metavar="FILE", help="write the report there")
        parser.add_argument("--keep", action="store_true", help="leave the run's folder behind also where all was well")
        if add_arguments:
            add_arguments(parser)
        self.options = parser.parse_args()
        self.seed = self.options.seed if self.options.seed is not None else random.SystemRandom().randrange(1, 10**6)
        self.random = random.Random(self.seed)
        self.differences = []
        self.rounds_done = 0
        self.details = {}  # what this drill adds to the JSON report
        self.folder = os.path.join(BUILD, "test", "drills", f"{name}-{os.getpid()}")
        self._extra = {action.dest: getattr(self.options, action.dest) for action in parser._actions
                       if action.dest not in ("help", "rounds", "seed", "json", "keep")}

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def each_round(self):
        for number in range(self.options.rounds):
            yield number
            self.rounds_done += 1

    def say(self, text):
        print(text, flush=True)

    def difference(self, text):
        """Records something that is not as it has to be."""
        self.differences.append(text)
        if len(self.differences) <= SHOWN:
            self.say(f"DIFFERS {text}")

    def command(self):
        """The line that repeats this run."""
        flags = {"--" + name.replace("_", "-"): value for name, value in self._extra.items()}
        extra = [flag if value is True else f"{flag}={value}" for flag, value in flags.items()
                 if value is not None and value is not False]
        return shlex.join(["./dev", "drill", self.name, "--rounds", str(self.options.rounds), "--seed", str(self.seed), *extra])

    def main(self, rounds):
        """Runs rounds(drill), reports, and returns the exit status."""
        os.chdir(ROOT)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        os.chmod(self.folder, 0o755)  # the database server runs as another user
        self.say(f"{self.command()}")
        started = time.monotonic()
        try:
            rounds(self)
        except KeyboardInterrupt:
            self.difference("interrupted")
        except Exception as error:
            traceback.print_exc()
            self.difference(f"the drill broke off: {error}")
        ok = not self.differences and self.rounds_done == self.options.rounds
        self.say(f"{self.rounds_done} rounds, {len(self.differences)} differences, {time.monotonic() - started:.0f} s")
        if ok and not self.options.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        elif not ok:
            self.say(f"repeat: {self.command()}\nleft behind: {os.path.relpath(self.folder, ROOT)}")
        self.write_json(ok)
        return 0 if ok else 1

    def write_json(self, ok):
        if not self.options.json:
            return
        report = {"drill": self.name, "rounds": self.rounds_done, "seed": self.seed,
                  "differences": len(self.differences), "ok": ok, "command": self.command(),
                  "first_differences": self.differences[:SHOWN], **self.details}
        with open(self.options.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1, ensure_ascii=False)
            file.write("\n")
