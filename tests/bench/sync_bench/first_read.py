"""A snapshot into nothing, and what it costs binseek and the server; with changes beside it where asked."""

import http.client
import json
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "drills", "lib"))
# pylint: disable=wrong-import-position
from binseek import refuse_halted
from bulk import count_of
from catch_up import Watch, cpu_seconds
from support import DrillError, Worker

LIMIT_S = 1800
EACH = 10  # rows of a changing transaction
PROBE_S = 0.05
PROBE_LIMIT_S = 60


class Changes:
    """Price and stock of ten rows that lie together, anywhere in the table, at a steady rate."""

    def __init__(self, server, rows, rate):
        self.random, self.rows, self.rate = random.Random(1), rows, rate
        self.connection = server.connect()
        self.cursor = self.connection.cursor()
        self.began, self.done = time.perf_counter(), 0

    def step(self):
        ahead = self.began + self.done / self.rate - time.perf_counter()
        if ahead > 0:
            time.sleep(ahead)
        first = self.random.randint(1, max(1, self.rows - EACH + 1))
        self.done += self.cursor.execute(f"UPDATE products SET price = price + 0.01, stock = stock + 1 WHERE id BETWEEN {first} AND {first + EACH - 1}")


class Probe:
    """Commits a row of `marks` and asks for its document until it is there. What is before the first answer does not count: the index is not made yet."""

    def __init__(self, server, port):
        self.connection = server.connect()
        self.cursor = self.connection.cursor()
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_LIMIT_S)
        self.lag_ms, self.answers, self.ending = [], False, threading.Event()

    def has(self, number):
        try:
            self.http.request("GET", f"/marks/_doc/{number}")
            response = self.http.getresponse()
            response.read()
            return response.status == 200
        except (OSError, http.client.HTTPException):
            self.http.close()  # binseek does not listen yet
            return False

    def step(self):
        start = time.perf_counter()
        self.cursor.execute("INSERT INTO marks (said) VALUES ('now')")
        number = self.cursor.lastrowid
        while not self.has(number):
            if time.perf_counter() - start > PROBE_LIMIT_S:
                raise DrillError(f"row {number} of marks is in no document after {PROBE_LIMIT_S} s")
            if self.ending.is_set() and not self.answers:
                return
            time.sleep(0.002)
        if self.answers:
            self.lag_ms.append((time.perf_counter() - start) * 1000)
        self.answers = True
        time.sleep(PROBE_S)


def handler_reads(server):
    return sum(int(value) for _, value in server.query("SHOW GLOBAL STATUS LIKE 'Handler_read%'"))


def resident_mb(pid):
    """The most that the process had in memory so far."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return int(re.search(r"^VmHWM:\s*(\d+)", status.read(), re.MULTILINE).group(1)) / 1024


def await_all_live(binseek):
    """Waits until every table is live; returns the lags that the status said meanwhile, in ms."""
    lags, began = [], time.perf_counter()
    while True:
        status = binseek.status()
        refuse_halted(status)
        if status and status["state"] != "connecting":
            lags.append(status["lag_ms"])
        if status and status["state"] == "live" and len(status["tables"]) > 1 and all(table["state"] == "live" for table in status["tables"]):
            return lags
        binseek.expect_running()
        if time.perf_counter() - began > LIMIT_S:
            raise DrillError(f"no end of the snapshot after {LIMIT_S} s: {json.dumps(status)[:800]}")
        time.sleep(0.02)


def first_read(binseek, server, server_pid, rows, rate=0):
    """`binseek` is entered already, just now, with an empty data directory; the clock runs from here."""
    began, source_cpu, reads = time.perf_counter(), cpu_seconds(server_pid), handler_reads(server)
    watch = Watch(binseek)
    watch.start()
    changes = probe = None
    workers = []
    if rate:
        changes, probe = Changes(server, rows, rate), Probe(server, binseek.port)
        workers = [Worker(changes.step), Worker(probe.step)]
    for worker in workers:
        worker.start()
    try:
        lags = await_all_live(binseek)
        seconds, pid = time.perf_counter() - began, binseek.process.pid
        taken = {"seconds": seconds, "cpu_seconds": cpu_seconds(pid), "source_cpu_seconds": cpu_seconds(server_pid) - source_cpu,
                 "handler_reads": handler_reads(server) - reads, "resident_mb": resident_mb(pid)}
    finally:
        if probe:
            probe.ending.set()
        for worker in workers:
            worker.stop()
        watch.stop()
    taken["held_mb"] = watch.memory_mb + watch.spill_mb
    if rate:
        taken.update(changes_per_s=changes.done / (time.perf_counter() - changes.began), lag_ms=probe.lag_ms, status_lag_ms=lags)
        for each in (changes, probe):
            each.connection.close()
        if not probe.lag_ms:
            raise DrillError("the snapshot was over before its lag could be looked at: more --rows")
    binseek.request("POST", "/products/_refresh")
    if count_of(binseek, "products") != rows:
        raise DrillError(f"{count_of(binseek, 'products')} documents of {rows} rows")
    return taken
