"""The frame of a bench: arguments, alternated pairs, the table, and the JSON report.

    bench = Bench("freshness", __doc__)
    ours, peer = bench.pairs(run_ours, run_peer)            # each call is one round and returns its value
    bench.compare("top-10 OR", "ms", ours, peer, "Lucene 10", "<= 0.7x")
    bench.measure("p99", "ms", samples, "<= 100 ms", q=0.99)    # an empty budget: for information
    sys.exit(bench.finish())

A ratio is the median over the pairs of ours / peer, with its 95 % interval; a row is ok where the interval's bad end is within budget.
"""

import argparse
import json
import os
import platform
import re
import shlex
import shutil

from stats import interval, median, quantile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
PAIRS, SLOW_PAIRS, SLOW_ROUND_S = 15, 5, 60
BUDGET = re.compile(r"(<=|>=|<|>)\s*([\d.,]+)\s*(\S.*)?$")


def machine():
    """The machine in one line: processor, cores, memory, kernel."""
    model, memory = platform.machine(), ""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        found = re.search(r"^model name\s*:\s*(.*)$", info.read(), re.MULTILINE)
        model = found.group(1) if found else model
    with open("/proc/meminfo", encoding="utf-8") as info:
        memory = f"{int(info.readline().split()[1]) / 2**20:.0f} GiB"
    return f"{model}, {os.cpu_count()} cores, {memory}, {platform.system()} {platform.release()}"


def within(budget, low, high, unit):
    """Whether the whole of [low, high] keeps to a budget such as "<= 0.7x" or "< 10 us"; unit is "x" or the row's. All keeps to an empty one."""
    if not budget:
        return True
    found = BUDGET.match(budget)
    if not found or (found.group(3) or "").strip() != unit:
        raise ValueError(f"budget {budget!r} is no comparison in {unit!r}")
    limit = float(found.group(2).replace(",", ""))
    return {"<=": high <= limit, "<": high < limit, ">=": low >= limit, ">": low > limit}[found.group(1)]


class Bench:
    def __init__(self, name, doc, add_arguments=None):
        self.name = name
        parser = argparse.ArgumentParser(prog=f"./dev bench {name}", description=doc,
                                         formatter_class=argparse.RawDescriptionHelpFormatter)
        parser.add_argument("--json", metavar="FILE", help="write the report there")
        if add_arguments:
            add_arguments(parser)
        self.options = parser.parse_args()
        given = ["--" + key.replace("_", "-") + ("" if value is True else f"={value}") for key, value in vars(self.options).items()
                 if key != "json" and value != parser.get_default(key)]
        self.command = shlex.join(["./dev", "bench", name, *given])
        self.rows = []
        self.intervals = []
        self.folder = os.path.join(ROOT, "build", "test", "bench", f"{name}-{os.getpid()}")
        os.chdir(ROOT)
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def pairs(self, ours, peer, round_s=0.0, count=None):
        """Calls both by turns, the order swapped from pair to pair, after a warm round of each; returns two lists. `count`: pairs for a first look."""
        count = count or (SLOW_PAIRS if round_s > SLOW_ROUND_S else PAIRS)
        ours(), peer()
        taken = ([], [])
        for number in range(count):
            for which in ((0, 1), (1, 0))[number % 2]:
                taken[which].append((ours, peer)[which]())
        return taken

    def compare(self, case, unit, ours, peer, peer_name, budget):
        """A row with a peer, from the samples of pairs()."""
        ratios = [left / right for left, right in zip(ours, peer)]
        low, high = interval(ratios)
        self._add(case, unit, median(ours), median(peer), peer_name, median(ratios), budget, within(budget, low, high, "x"),
                  f"{low:.3g}..{high:.3g}x")

    def absent(self, case, unit, ours, peer_name, why, budget):
        """A row whose peer is not to be had here: never ok where the budget is a ratio."""
        low, high = interval(ours)
        self._add(case, unit, median(ours), None, f"{peer_name} (absent: {why})", None, budget, False, f"{low:.3g}..{high:.3g}")

    def measure(self, case, unit, samples, budget, q=0.5, peer=None, peer_name=None):
        """A quantile of ours against an absolute budget; a peer's value is shown beside it."""
        low, high = interval(samples, q)
        ours = quantile(samples, q)
        self._add(case, unit, ours, peer, peer_name, ours / peer if peer else None, budget, within(budget, low, high, unit), f"{low:.3g}..{high:.3g}")

    def _add(self, case, unit, ours, peer, peer_name, ratio, budget, ok, spread):
        self.rows.append({"case": case, "unit": unit, "ours": ours, "peer": peer, "peer_name": peer_name, "ratio": ratio,
                          "budget": budget, "ok": ok, "command": self.command})
        self.intervals.append(spread)

    def finish(self):
        """Prints the table, writes the JSON, and returns the exit status: 0 where every row is ok."""
        def shown(value):
            return "-" if value is None else value if isinstance(value, str) else f"{value:.4g}"

        head = ("case", "unit", "ours", "peer", "ratio", "95 %", "budget", "")
        lines = [head] + [(row["case"], row["unit"], shown(row["ours"]), shown(row["peer"]) + (f" {row['peer_name']}" if row["peer_name"] else ""),
                           shown(row["ratio"]), spread, row["budget"], "ok" if row["ok"] else "MISSED")
                          for row, spread in zip(self.rows, self.intervals)]
        widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
        print("\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines))
        print(f"{machine()}\n{self.command}", flush=True)
        if self.options.json:
            with open(self.options.json, "w", encoding="utf-8") as file:
                json.dump({"bench": self.name, "machine": machine(), "rows": self.rows}, file, indent=1, ensure_ascii=False)
                file.write("\n")
        shutil.rmtree(self.folder, ignore_errors=True)
        return 0 if self.rows and all(row["ok"] for row in self.rows) else 1
