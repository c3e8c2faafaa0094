"""A private MariaDB or MySQL server for one run: tests/support/servers behind a class."""

import os

import pymysql

from support import ROOT, DrillError, run

PROGRAMS = {"mariadb": "mariadb", "mysql": "mysql9"}
KINDS = tuple(PROGRAMS)


class Database:
    """One server in one folder, with one database named `name`. Use as a context manager: it is wiped at the end."""

    def __init__(self, kind, folder, name="shop", arguments=()):
        self.kind = kind
        self.name = name
        self.arguments = arguments  # of the server, at every start
        self.folder = folder
        self.program = os.path.join(ROOT, "tests", "support", "servers", PROGRAMS[kind])
        self.port = None

    def __enter__(self):
        self.wipe()
        self.start()
        try:
            self.sql(f"CREATE DATABASE `{self.name}` DEFAULT CHARACTER SET utf8mb4")
        except BaseException:
            self.wipe()
            raise
        return self

    def __exit__(self, *_):
        self.wipe()

    def start(self, *arguments):
        said = run([self.program, "start", self.folder, str(self.port or "auto"), *self.arguments, *arguments])
        facts = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        self.port = int(facts["port"])

    def stop(self):
        run([self.program, "stop", self.folder])

    def kill(self):
        run([self.program, "kill", self.folder])

    def wipe(self):
        run([self.program, "wipe", self.folder])

    @property
    def url(self):
        return f"mysql://root@127.0.0.1:{self.port}/{self.name}"

    def sql(self, text, database=""):
        """Runs SQL text through the server's own client."""
        return run([self.program, "sql", self.folder] + ([database] if database else []), input=text)

    def dump(self):
        """The database as SQL text, at one moment, without what belongs to the server."""
        client = ["--socket=" + open(os.path.join(self.folder, "socket"), encoding="utf-8").read().strip(), "--user=root", "--databases", self.name,
                  "--single-transaction", "--skip-comments", "--hex-blob"]
        if self.kind == "mariadb":
            return run(["mariadb-dump", "--no-defaults", *client])
        return run([self.program, "run", "mysqldump", "--no-defaults", "--set-gtid-purged=OFF", *client])

    def load(self, *paths, database=None):
        for path in paths:
            with open(path, encoding="utf-8") as file:
                self.sql(file.read(), self.name if database is None else database)

    def load_output(self, command):
        """Loads what a command prints."""
        self.sql(run(command), self.name)

    def connect(self, **options):
        """A pymysql connection, UTC, autocommit."""
        settings = dict(host="127.0.0.1", port=self.port, user="root", database=self.name, charset="utf8mb4",
                        autocommit=True, init_command="SET time_zone = '+00:00'")
        return pymysql.connect(**{**settings, **options})

    def query(self, text, **options):
        with self.connect(**options) as connection, connection.cursor() as cursor:
            cursor.execute(text)
            return cursor.fetchall()

    def position(self):
        """Where the binlog ends now: {"binlog": (file, offset), "gtid": text}. Also of a replica that has not come to making the database."""
        status = "SHOW MASTER STATUS" if self.kind == "mariadb" else "SHOW BINARY LOG STATUS"
        gtid = "SELECT @@gtid_binlog_pos" if self.kind == "mariadb" else "SELECT @@gtid_executed"
        row = self.query(status, database=None)
        if not row:
            raise DrillError("the server writes no binlog")
        return {"binlog": (row[0][0], int(row[0][1])), "gtid": self.query(gtid, database=None)[0][0].replace("\n", "")}

    def contains_gtid(self, applied, wanted):
        """Whether the GTID position `applied` has reached `wanted`."""
        if self.kind == "mysql":
            return self.query(f"SELECT GTID_SUBSET('{wanted}', '{applied}')", database=None)[0][0] == 1

        def sequences(text):
            return {domain: int(number) for domain, _, number in
                    (part.strip().split("-") for part in text.split(",") if part.strip())}

        have = sequences(applied)
        return all(have.get(domain, 0) >= number for domain, number in sequences(wanted).items())
