"""Shows that the comparer bites: a table of every type on a real server, and an index of hand-written documents over it.

The right documents have to compare equal; each planted fault has to be named. The index is a small HTTP server here, so this
needs no binseek.
"""

import http.server
import json
import re
import threading

import compare

SCHEMA = """
CREATE TABLE `Odd_Names` (
  part VARCHAR(20), `n` INT UNSIGNED, PRIMARY KEY (part, n),
  u BIGINT UNSIGNED, d DECIMAL(10,2), f FLOAT, g DOUBLE, y YEAR, b BIT(10),
  e ENUM('a','b'), s SET('x','y','z'), t TIME(3), day DATE, w DATETIME(3), z TIMESTAMP(6) NULL,
  j JSON, p POINT, raw VARBINARY(9), txt TEXT, latin VARCHAR(9) CHARACTER SET latin1, flag TINYINT(1), nothing INT
) DEFAULT CHARSET = utf8mb4;
INSERT INTO `Odd_Names` VALUES ('a:b\\\\', 7, 18446744073709551615, -12.50, 4.7, 1e100, 2024, 513, 'b', 'x,z', '-01:02:03.5',
  '2026-01-02', '2026-01-02 03:04:05.06', '2026-01-02 03:04:05.000006', '{"k": [1, 2.50, "é", null, {}], "b": true}',
  POINT(13.5, -52.25), x'00ff', '手机 📱', 'café', 1, NULL);
INSERT INTO `Odd_Names` (part, n) VALUES ('', 0);
CREATE TABLE keyless (a INT);
"""
FULL = r'''{"part":"a:b\\","n":7,"u":18446744073709551615,"d":-12.50,"f":4.7,"g":1e100,"y":2024,"b":513,"e":"b","s":["x","z"],
 "t":"-01:02:03.500","day":"2026-01-02","w":"2026-01-02T03:04:05.060","z":"2026-01-02T03:04:05.000006Z",
 "j":{"b":true,"k":[1,2.5,"é",null,{}]},"p":{"lat":-52.25,"lon":13.5},"raw":"AP8=","txt":"手机 📱","latin":"café","flag":1,"nothing":null}'''
EMPTY = r'''{"part":"","n":0,"u":null,"d":null,"f":null,"g":null,"y":null,"b":null,"e":null,"s":null,"t":null,"day":null,"w":null,
 "z":null,"j":null,"p":null,"raw":null,"txt":null,"latin":null,"flag":null,"nothing":null}'''
FULL_ID = r"a\:b\\:7"
RIGHT = {FULL_ID: FULL, ":0": EMPTY}
# What is put in for what, and the words that the difference has to have.
PLANTED = [
    ('"d":-12.50', '"d":-12.5', "d: "), ('"u":18446744073709551615', '"u":18446744073709551616', "u: "),
    ('"f":4.7', '"f":4.71', "f: "), ('"n":7', '"n":"7"', "n: "), ('"b":513', '"b":true', "b: "), ('"s":["x","z"]', '"s":["z","x"]', "s: "),
    ('.500"', '.5"', "t: "), ('.060"', '.06"', "w: "), ('06Z"', '06"', "z: "), ('[1,2.5', '[1,2.6', "j: "), ('"b":true,', '"b":1,', "j: "),
    ('"lat":-52.25,"lon":13.5', '"lat":13.5,"lon":-52.25', "p: "), ('"AP8="', '"AP8"', "raw: "), ('"手机 📱"', '"手机"', "txt: "),
    ('"flag":1,', '', "flag: absent"), ('"nothing":null', '"nothing":0', "nothing: "), ('"e":"b"', '"e":"b","extra":1', "no such column"),
]


class FakeIndex:
    """Answers _search with a scroll, and _count, from a dictionary of documents."""

    def __init__(self):
        self.documents = {}
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = fake.answer(self.path).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_DELETE = do_POST

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, path):
        if path.endswith("/_count"):
            return json.dumps({"count": len(self.documents)})
        hits = [] if path == "/_search/scroll" else list(self.documents.items())
        sources = ",".join(f'{{"_id":{json.dumps(key)},"_source":{source}}}' for key, source in hits)
        return f'{{"_scroll_id":"s","hits":{{"total":{{"value":{len(self.documents)}}},"hits":[{sources}]}}}}'

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def check(database):
    """What is wrong with the comparer over this server; an empty list where nothing is."""
    database.sql("DROP DATABASE IF EXISTS planted; CREATE DATABASE planted DEFAULT CHARACTER SET utf8mb4")
    database.sql(SCHEMA, "planted")
    url = re.sub(r"/[^/]*$", "/planted", database.url)
    fake = FakeIndex()
    wrong = []

    def differences(documents):
        fake.documents = documents
        return compare.compare_database(url, "127.0.0.1", fake.port).differences

    try:
        found = differences(RIGHT)
        if found:
            wrong.append(f"equal contents differ: {found}")
        for right, fault, words in PLANTED:
            found = differences({**RIGHT, FULL_ID: FULL.replace(right, fault)})
            if right not in FULL or len(found) != 1 or words not in found[0]:
                wrong.append(f"{right} -> {fault}: found {found}")
        if not any("missing" in text for text in differences({":0": EMPTY})):
            wrong.append("a missing document was not found")
        if not any("no such row" in text for text in differences({**RIGHT, "x:1": EMPTY})):
            wrong.append("a document without a row was not found")
    finally:
        fake.close()
        database.sql("DROP DATABASE planted")
    return wrong
