"""What the snapshot's drills share: a site with tables of their own, clients that write as fast as is asked, and snapshots from nothing.

    class Killed(SnapshotSite):
        KINDS = ("update_some", "move")
        def round(self):
            with self.traffic(): ...
"""

import contextlib
import random
import shutil
import time

import sites
from support import DrillError, Worker, await_true

BIG = """
CREATE TABLE marks (id INT AUTO_INCREMENT PRIMARY KEY, said VARCHAR(60) NOT NULL) DEFAULT CHARSET = utf8mb4;
INSERT INTO marks (said) VALUES ('first');
CREATE TABLE big (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL, n INT NOT NULL, price DECIMAL(10,2) NOT NULL,
  changed DATETIME(3) NULL, note TEXT NULL) DEFAULT CHARSET = utf8mb4;
"""
ROW = "CONCAT('row 手机 ', %s, ' of many'), %s MOD 1000, (%s MOD 10000) / 100, '2026-01-02 03:04:05.678', REPEAT('note ', 1 + %s MOD 30)"
# What a client may meet beside others, and beside statements that change its table; its transaction is rolled back.
EVERYDAY = {1020, 1032, 1048, 1051, 1054, 1062, 1136, 1146, 1205, 1213, 1264, 1265, 1292, 1364, 1366, 1406, 1412, 1526, 1615, 1690}
FLAVORS = ("mariadb", "mysql", "mysql-nogtid")


class SnapshotSite(sites.Site):
    KINDS = ("update_some", "retext", "erase", "put_back", "move", "swap", "undone")
    SETTINGS = {"BINSEEK_SNAPSHOT_CHUNK_ROWS": "50", "BINSEEK_ENGINE_COMMIT_INTERVAL": "100ms"}
    CLIENTS = 2
    snapshots = 0

    def __init__(self, drill, flavor):
        super().__init__(drill, flavor)
        self.SETTINGS = {**self.SETTINGS, "BINSEEK_SNAPSHOT_PARALLEL_RANGES": str(drill.options.ranges)}

    # ---- the tables

    def fill(self):
        self.database.sql(BIG, self.database.name)
        self.refill(self.drill.options.rows)

    def refill(self, rows):
        with self.database.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO big (id, name, n, price, changed, note) SELECT 1, {ROW}".replace("%s", "1"))
            done = 1
            while done < rows:
                more = min(done, rows - done)
                values = ROW.replace("%s", f"(id + {done})")
                cursor.execute(f"INSERT INTO big (id, name, n, price, changed, note) SELECT id + {done}, {values} FROM big WHERE id <= {more}")
                done += more

    def mend(self, database):
        """Every row has a document."""

    # ---- what happens

    @contextlib.contextmanager
    def traffic(self, *_, **__):
        """CLIENTS threads that write, all together at most --rate changes a second."""
        clients = [self.client(self.random.random()) for _ in range(self.CLIENTS)]
        workers = [Worker(client.step) for client in clients]
        for worker in workers:
            worker.start()
        try:
            yield workers
        finally:
            for worker, client in zip(workers, clients):
                worker.stop()
                client.close()
                self.count("changes", client.changes)
                self.count("transactions", worker.steps)

    def client(self, seed):
        return Client(self, seed, self.drill.options.rate / self.CLIENTS)

    def from_nothing(self):
        self.binseek.kill9()
        shutil.rmtree(self.binseek.data, ignore_errors=True)
        self.snapshots += 1
        self.count("snapshots begun")

    def stays_in_snapshot(self):
        """Whether the last snapshot has not come to its end."""
        status = self.binseek.status() if self.binseek.running() else None
        return not status or status["state"] in ("connecting", "snapshot")


class Client:
    """Transactions of a few rows of `big`, one per step()."""

    def __init__(self, site, seed, rate):
        self.site, self.random, self.rate = site, random.Random(seed), rate
        self.rows = site.drill.options.rows
        self.connection = None
        self.changes = 0
        self.began = time.monotonic()
        self.kinds = [getattr(self, name) for name in site.KINDS]

    def close(self):
        if self.connection is not None:
            with contextlib.suppress(Exception):
                self.connection.close()

    def step(self):
        ahead = self.changes / self.rate - (time.monotonic() - self.began)
        if ahead > 0:
            time.sleep(min(ahead, 0.5))
            return
        self.began = max(self.began, time.monotonic() - self.changes / self.rate - 1.0)  # what was missed is not made up for
        try:
            if self.connection is None:
                self.connection = self.site.database.connect(autocommit=False)
            with self.connection.cursor() as cursor:
                self.random.choice(self.kinds)(cursor)
            self.connection.commit()
        except Exception as error:  # pylint: disable=broad-except
            if getattr(error, "args", (0,))[0] not in EVERYDAY:
                raise DrillError(f"traffic: {error}") from error
            with contextlib.suppress(Exception):
                self.connection.rollback()
            self.changes += 1

    def did(self, cursor, statement):
        cursor.execute(statement)
        self.changes += max(1, cursor.rowcount)

    def any(self):
        return self.random.randint(1, self.rows)

    # ---- the kinds of transaction

    def update_some(self, cursor):
        first = self.any()
        self.did(cursor, f"UPDATE big SET n = n + 1, price = price + 0.01 WHERE id BETWEEN {first} AND {first + self.random.randint(0, 20)}")

    def retext(self, cursor):
        self.did(cursor, f"UPDATE big SET name = 'renamed {self.random.random()}', note = NULL WHERE id IN ({self.any()}, {self.any()}, {self.any()})")

    def erase(self, cursor):
        first = self.any()
        self.did(cursor, f"DELETE FROM big WHERE id BETWEEN {first} AND {first + 3}")

    def put_back(self, cursor):
        rows = ", ".join(f"({self.any()}, 'back {self.random.random()}', 1, 1.00)" for _ in range(5))
        self.did(cursor, f"INSERT IGNORE INTO big (id, name, n, price) VALUES {rows}")

    def move(self, cursor):
        """Far away, over any borders of chunks."""
        self.did(cursor, f"UPDATE IGNORE big SET id = {self.any()}, n = n + 1 WHERE id = {self.any()}")

    def swap(self, cursor):
        one, two = self.any(), self.any()
        parked = 10**15 + self.random.randrange(10**9)
        for old, new in ((one, parked), (two, one), (parked, two)):
            self.did(cursor, f"UPDATE big SET id = {new} WHERE id = {old}")

    def undone(self, cursor):
        self.update_some(cursor)
        self.connection.rollback()


def arguments(rows, rate):
    def add(parser):
        parser.add_argument("--rows", type=int, default=rows, metavar="N", help=f"rows of the table ({rows})")
        parser.add_argument("--rate", type=int, default=rate, metavar="N", help=f"changes a second ({rate})")
        parser.add_argument("--ranges", type=int, default=3, metavar="N", help="snapshot.parallel_ranges (3)")
    return add


