#!/usr/bin/python3
# Debian's own python3, which has its python3-pymysql.
"""The independent comparer: reads every row and column of a database by SELECT, and every document over HTTP, and
reports each difference by table, key and column. Nothing may change on either side meanwhile.

usage: compare.py mysql://user[:password]@host:port/database http://host:port      (by hand)

It shares no code with binseek. Each table with a primary key is expected as an index of its name in lower case.
"""

import http.client
import json
import sys
import urllib.parse

import pymysql

from render import Column, document_id, parse_exact

PAGE = 1000
ERRORS_PER_TABLE = 20  # further ones are counted, not told


class Table:
    def __init__(self, name, columns, key):
        self.name = name
        self.index = name.lower()
        self.columns = columns
        self.key = key  # positions in columns, in key order


class Report:
    """What was compared, and the differences found."""

    def __init__(self):
        self.differences = []
        self.tables = self.rows = self.values = 0
        self._per_table = {}

    def differs(self, table, text):
        count = self._per_table.get(table, 0) + 1
        self._per_table[table] = count
        if count <= ERRORS_PER_TABLE:
            self.differences.append(f"{table}: {text}")
        elif count == ERRORS_PER_TABLE + 1:
            self.differences.append(f"{table}: ... and more")

    def __str__(self):
        return f"{self.tables} tables, {self.rows} rows, {self.values} values, {len(self.differences)} differences"


# ---- the database's side

def rows_of(connection, statement):
    """All rows with each cell as the server's text (bytes where the column holds bytes)."""
    with connection.cursor(pymysql.cursors.SSCursor) as cursor:
        cursor.execute(statement)
        yield from cursor.fetchall_unbuffered()


def quoted(name):
    return "`" + name.replace("`", "``") + "`"


def json_columns(connection, database):
    """MariaDB's JSON is LONGTEXT under a CHECK (json_valid(`column`)): {(table, column)}."""
    try:
        checks = rows_of(connection, "SELECT table_name, check_clause FROM information_schema.check_constraints "
                                     f"WHERE constraint_schema = '{database}'")
        return {(table, clause[len("json_valid(`"):-2].replace("``", "`")) for table, clause in checks
                if clause.lower().startswith("json_valid(`") and clause.endswith("`)")}
    except pymysql.err.MySQLError:
        return set()  # MySQL, which has a type for it and no table_name there


def read_tables(connection, database):
    """The tables that have a primary key, and the names of those that have none."""
    jsons = json_columns(connection, database)
    keys = {}
    for table, column in rows_of(connection, "SELECT table_name, column_name FROM information_schema.statistics "
                                             f"WHERE table_schema = '{database}' AND index_name = 'PRIMARY' "
                                             "ORDER BY table_name, seq_in_index"):
        keys.setdefault(table, []).append(column)
    columns = {}
    for table, column, data_type in rows_of(
            connection, "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c "
                        "JOIN information_schema.tables t USING (table_schema, table_name) "
                        f"WHERE c.table_schema = '{database}' AND t.table_type = 'BASE TABLE' "
                        "ORDER BY c.table_name, c.ordinal_position"):
        columns.setdefault(table, []).append(Column(column, data_type, (table, column) in jsons))
    tables = []
    for name, own in columns.items():
        names = [column.name for column in own]
        if name in keys:
            tables.append(Table(name, own, [names.index(column) for column in keys[name]]))
    return tables, [name for name in columns if name not in keys]


# ---- binseek's side

class Index:
    """The documents of one index, read by scrolling."""

    def __init__(self, host, port, name):
        self.host, self.port, self.name = host, port, urllib.parse.quote(name, safe="")

    def _post(self, path, body, method="POST"):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body).encode(), {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read().decode("utf-8")
            if response.status != 200:
                raise OSError(f"{method} {path}: HTTP {response.status}: {text[:300]}")
            return parse_exact(text)
        finally:
            connection.close()

    def count(self):
        return int(self._post(f"/{self.name}/_count", {"query": {"match_all": {}}})["count"])

    def documents(self):
        """Yields (_id, _source)."""
        page = self._post(f"/{self.name}/_search?scroll=1m",
                          {"size": PAGE, "sort": ["_doc"], "query": {"match_all": {}}, "track_total_hits": True})
        total = int(page["hits"]["total"]["value"])
        seen = 0
        while page["hits"]["hits"]:
            for hit in page["hits"]["hits"]:
                yield hit["_id"], hit["_source"]
            seen += len(page["hits"]["hits"])
            page = self._post("/_search/scroll", {"scroll": "1m", "scroll_id": page["_scroll_id"]})
        self._post("/_search/scroll", {"scroll_id": page["_scroll_id"]}, method="DELETE")
        if seen != total:
            raise OSError(f"the scroll gave {seen} documents of {total}")


# ---- the comparison

def compare_row(table, row, source, key, report):
    for column, raw in zip(table.columns, row):
        expected = column.expected(raw)
        if column.name not in source:
            report.differs(table.name, f"{key}: {column.name}: absent, expected {shown(expected)}")
        elif not column.same(expected, source[column.name]):
            report.differs(table.name, f"{key}: {column.name}: {shown(source[column.name])}, expected {shown(expected)}")
    for name in source.keys() - {column.name for column in table.columns}:
        report.differs(table.name, f"{key}: {name}: {shown(source[name])}, but there is no such column")
    report.values += len(table.columns)


def shown(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} characters)"


def compare_table(connection, table, index, report):
    report.tables += 1
    documents = {}
    for document_key, source in index.documents():
        if document_key in documents:
            report.differs(table.name, f"{document_key}: twice in the index")
        documents[document_key] = source
    if index.count() != len(documents):
        report.differs(table.name, f"_count says {index.count()}, the scroll gave {len(documents)}")
    select = ", ".join(column.select() for column in table.columns)
    rows = 0
    for row in rows_of(connection, f"SELECT {select} FROM {quoted(table.name)}"):
        rows += 1
        key = document_id([table.columns[at].expected(row[at]) for at in table.key])
        source = documents.pop(key, None)
        if source is None:
            report.differs(table.name, f"{key}: missing from the index")
        else:
            compare_row(table, row, source, key, report)
    report.rows += rows
    for key in documents:
        report.differs(table.name, f"{key}: in the index, but no such row")


def compare_database(database_url, host, port, only=None):
    """Compares all tables of a database (or those named in `only`); returns a Report."""
    url = urllib.parse.urlsplit(database_url)
    name = url.path.lstrip("/")
    # Without conversions every cell is the server's text.
    connection = pymysql.connect(host=url.hostname, port=url.port or 3306, user=url.username, password=url.password or "",
                                 database=name, charset="utf8mb4", conv={}, init_command="SET time_zone = '+00:00'")
    report = Report()
    with connection:
        tables, _ = read_tables(connection, name)
        for table in tables:
            if only is not None and table.name not in only:
                continue
            try:
                compare_table(connection, table, Index(host, port, table.index), report)
            except OSError as error:
                report.differs(table.name, str(error))
    if not report.tables:
        report.differs(name, "no table was compared")
    return report


def main(database_url, search_url):
    search = urllib.parse.urlsplit(search_url)
    report = compare_database(database_url, search.hostname, search.port)
    for difference in report.differences:
        print(difference)
    print(report)
    return 1 if report.differences else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
