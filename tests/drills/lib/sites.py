"""What the sync drills share: a server of one flavour with the shop, binseek beside it, traffic, and the comparison at the end.

    class Rotated(Site):
        def round(self):
            with self.traffic(): ...

    sys.exit(run_sites("sync-rotate", __doc__, Rotated, default_rounds=8))
"""

import contextlib
import http.client
import time

import load
import shop
from binseek import Binseek, HttpError, refuse_halted
from compare import compare_database
from database import Database
from drill import Drill
from memory import LIMIT_MB, MemoryWatch
from support import DrillError, Worker, await_true

# Both servers, with the settings that binseek likes, and with the servers' own for what a row's columns are called.
FLAVORS = {"mariadb": ("mariadb", ()), "mysql": ("mysql", ()),
           "mariadb-minimal": ("mariadb", ("--binlog-row-metadata=MINIMAL", "--binlog-row-image=FULL")),
           "mysql-minimal": ("mysql", ("--binlog-row-metadata=MINIMAL",)),
           "mysql-nogtid": ("mysql", ("--gtid-mode=OFF", "--enforce-gtid-consistency=OFF")),
           "mariadb-replica": ("mariadb", ()), "mysql-replica": ("mysql", ())}
REPLICAS = ("mariadb-replica", "mysql-replica")  # which log what they are sent, and are what binseek follows
THEMSELVES = tuple(flavor for flavor in FLAVORS if flavor not in REPLICAS)
REPLICA_ARGUMENTS = {"mariadb": ("--log-slave-updates=ON",), "mysql": ()}
# Of binseek's config, as Site.SETTINGS.
FLAVOR_SETTINGS = {"mysql-nogtid": {"BINSEEK_SNAPSHOT_LOCK": "brief"}}


class Site:
    """One server, one binseek. Subclasses say what a round is, and what of the defaults below they want otherwise."""

    ALSO = {}             # kinds of transaction beside the shop's, see load.py
    SERVER_ARGUMENTS = ()
    SETTINGS = {}         # of binseek's config, by environment variable
    FACTOR = 1            # of products

    def __init__(self, drill, flavor):
        self.drill, self.flavor, self.random = drill, flavor, drill.random
        self.kind, arguments = FLAVORS[flavor]
        self.database = Database(self.kind, drill.path(flavor), arguments=(*arguments, *self.SERVER_ARGUMENTS))
        self.binseek = self.watch = self.replica = None
        self.counts = {}
        self.marks = 0

    # ---- made and ended

    def open(self):
        # By hand instead of `with`, since sites are opened in a loop; close() is the other half.
        self.database.__enter__()
        self.fill()
        if self.flavor in REPLICAS:
            self.follow_replica()
        self.prepare()
        settings = {**self.SETTINGS, **FLAVOR_SETTINGS.get(self.flavor, {})}
        self.binseek = Binseek(self.drill.path(self.flavor + "-binseek"), self.url(), settings=settings)
        self.watch = MemoryWatch(self.binseek)
        self.watch.start()

    def fill(self):
        """The tables; `marks` is one of them."""
        shop.load(self.database, self.drill.options.products * self.FACTOR)
        shop.mark_pairs(self.database)
        load.make_tables(self.database)

    def prepare(self):
        """Before binseek is made."""

    def follow_replica(self):
        self.replica = Database(self.kind, self.drill.path(self.flavor + "-replica"), arguments=REPLICA_ARGUMENTS[self.kind])
        self.replica.wipe()
        self.replica.start()
        if self.kind == "mariadb":
            self.replica.sql(f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={self.database.port}, MASTER_USER='root', "
                             "MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1; START SLAVE")
        else:
            self.replica.sql(f"CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={self.database.port}, SOURCE_USER='repl', "
                             "SOURCE_PASSWORD='replpw', SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1; START REPLICA")
        wanted = self.database.position()["gtid"]
        await_true("the replica has all", lambda: self.replica.contains_gtid(self.replica.position()["gtid"], wanted), 300)

    def url(self):
        return self.database.url if self.replica is None else f"mysql://root@127.0.0.1:{self.replica.port}/{self.database.name}"

    def close(self):
        if self.watch is not None:
            self.watch.stop()
        if self.binseek is not None:
            self.binseek.kill9()
        self.database.wipe()
        if self.replica is not None:
            self.replica.wipe()

    # ---- what happens

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    def say(self, text):
        self.drill.say(f"{self.flavor}: {text}")

    @contextlib.contextmanager
    def traffic(self, database=None, tolerant=False):
        """Transactions, one after another, in a thread. `tolerant`: the server may go away meanwhile."""
        source = TolerantLoad if tolerant else load.Load
        writer_load = source(database or self.database, self.random.random(), self.ALSO)
        writer = Worker(writer_load.step)
        writer.start()
        try:
            yield writer
        finally:
            writer.stop()
            self.count("transactions", writer.steps)
            with contextlib.suppress(Exception):
                writer_load.close()

    def wait(self, seconds, look=lambda: None):
        """Lets things go on; binseek has to live through it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.binseek.expect_running()
            look()
            time.sleep(min(0.02, max(0.0, deadline - time.monotonic())))

    def round(self):
        raise NotImplementedError

    def extra_rounds(self):
        """Once, at the end of all rounds."""

    # ---- the end: everything equal

    def await_mark(self, database, limit_s=300.0):
        """Waits until all that is committed now is in the index, and nothing is known to be behind."""
        self.marks += 1
        said = f"mark {self.marks} {self.random.randrange(10**9)}"
        with database.connect() as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO marks (said) VALUES (%s)", (said,))
            number = cursor.lastrowid

        def there():
            self.binseek.expect_running()
            status = self.binseek.status()
            refuse_halted(status)
            if not is_whole(status):
                return False
            try:
                return self.binseek.request("GET", f"/marks/_doc/{number}")["_source"]["said"] == said
            except (OSError, http.client.HTTPException, HttpError):
                return False

        try:
            await_true(f"{said} is in the index", there, limit_s)
        except DrillError as error:
            raise DrillError(f"{error}; status {self.binseek.status()}{self.binseek.log_tail()}") from None

    def settle(self, database=None, after=""):
        """Has binseek reach the end of the binlog, and compares everything."""
        database = database or self.database
        self.mend(database)
        if not self.binseek.running():
            self.binseek.start()
        started = time.monotonic()
        self.await_mark(database)
        waited = time.monotonic() - started
        # A replica's rows, which may be others: MariaDB's replay of a REPLACE under MINIMAL images leaves columns that it reset.
        report = compare_database(database.url if self.replica is None else self.url(), "127.0.0.1", self.binseek.port)
        for text in report.differences:
            self.drill.difference(f"{self.flavor} {after}: {text}")
        status = self.binseek.status() or {}
        if status.get("dead_letters"):
            self.drill.difference(f"{self.flavor} {after}: {status['dead_letters']} dead letters, though every row has a document")
        self.say(f"{after or self.summary()}; equal {waited:.1f} s later; {report}")

    def mend(self, database):
        """What makes no document is made one that does."""
        load.mend_letters(database)

    def summary(self):
        return ", ".join(f"{number} {what}" for what, number in sorted(self.counts.items()))


class TolerantLoad(load.Load):
    """Goes on where the server goes away and comes back."""

    def __init__(self, database, seed, also=None):
        super().__init__(database, seed, also)
        self.database = database

    def step(self):
        try:
            super().step()
        except Exception:  # pylint: disable=broad-except
            with contextlib.suppress(Exception):
                self.connection.close()
            time.sleep(0.05)
            with contextlib.suppress(Exception):
                self.connection = self.database.connect(autocommit=False)


def is_whole(status):
    """Whether a status says that nothing is missing."""
    return (bool(status) and status.get("state") == "live" and not status.get("pending_keys")
            and all(table["state"] == "live" and table["stale_since_ms"] is None for table in status["tables"]))


def run_sites(name, doc, site_type, default_rounds, flavors=THEMSELVES, settle_every=10, add_arguments=None, products=200):
    """Rounds go to the sites by turns; each is settled now and then, and at the end. `flavors`: those of --site's default."""

    def arguments(parser):
        parser.add_argument("--products", type=int, default=products, metavar="N", help=f"products in the shop ({products})")
        parser.add_argument("--site", metavar="LIST", help=f"some of {','.join(FLAVORS)} (default: {','.join(flavors)}, by turns)")
        if add_arguments:
            add_arguments(parser)

    def rounds(drill):
        chosen = drill.options.site.split(",") if drill.options.site else list(flavors)
        sites = [site_type(drill, flavor) for flavor in chosen]
        try:
            for site in sites:
                site.open()
            for number in drill.each_round():
                site = sites[number % len(sites)]
                site.count("rounds")
                site.round()
                if site.counts["rounds"] % settle_every == 0:
                    site.settle(after=f"round {site.counts['rounds']}")
            for site in sites:
                site.extra_rounds()
                site.settle()
        finally:
            drill.details["peak_anonymous_mb"] = {}
            for site in sites:
                site.close()
                if site.watch is not None:
                    drill.details["peak_anonymous_mb"][site.flavor] = round(site.watch.peak_mb, 1)
        for flavor, peak in drill.details["peak_anonymous_mb"].items():
            drill.say(f"{flavor}: {peak:.0f} MB of anonymous memory at most")
            if peak > LIMIT_MB:
                drill.difference(f"{flavor}: {peak:.0f} MB of anonymous memory, more than {LIMIT_MB}")

    return Drill(name, doc, default_rounds=default_rounds, add_arguments=arguments).main(rounds)
