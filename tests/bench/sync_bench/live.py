"""A client that commits at a steady rate, and now and then asks for what it has just written."""

import http.client
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "drills", "lib"))
# pylint: disable=wrong-import-position
from support import DrillError

RATE = 500  # transactions a second
EVERY = 50  # one in so many is timed
LIMIT_MS = 10000


class Client:
    """Each transaction changes ten rows of products: price and stock of five, the title of five others."""

    def __init__(self, database, port, rows):
        self.database, self.rows, self.random, self.number = database, rows, random.Random(1), 10**6
        self.connection = database.connect(autocommit=False)
        self.cursor = self.connection.cursor()
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT_MS / 1000 + 5)
        self.http.connect()
        self.gtid = "SELECT @@last_gtid" if database.kind == "mariadb" else "SELECT @@gtid_executed"

    def close(self):
        self.connection.close()
        self.http.close()

    def ids(self, first):
        return ",".join(str(1 + (first + i * (self.rows // 5)) % self.rows) for i in range(5))

    def change(self):
        """All of a transaction but its COMMIT; returns an id and the stock that it gets."""
        self.number += 1
        asked = self.random.randrange(self.rows)
        self.cursor.execute(f"UPDATE products SET price = price + 0.01, stock = {self.number} WHERE id IN ({self.ids(asked)})")
        self.cursor.execute(f"UPDATE products SET title = CONCAT('edition {self.number} ', SUBSTRING(title, 1, 60)) "
                            f"WHERE id IN ({self.ids(self.random.randrange(self.rows))})")
        return 1 + asked, self.number

    def find(self, product, stock):
        """Asks for the product as of the last commit; raises where the answer is from before it."""
        self.cursor.execute(self.gtid)
        gtid = self.cursor.fetchone()[0].replace("\n", "")
        body = json.dumps({"query": {"term": {"id": product}}, "_source": ["stock"]})
        self.http.request("POST", f"/products/_search?wait_timeout={LIMIT_MS}ms&wait_for_gtid={gtid}", body, {"Content-Type": "application/json"})
        text = self.http.getresponse().read()
        done = time.perf_counter()
        hits = json.loads(text).get("hits", {}).get("hits", [])
        if len(hits) != 1 or hits[0]["_source"]["stock"] != stock:
            raise DrillError(f"product {product} has not stock {stock} behind {gtid}: {text[:400]}")
        return done


def run(database, port, rows, seconds):
    """Returns milliseconds from sending the COMMIT, and from its answer, to the hit; and the transactions per second that were reached."""
    client = Client(database, port, rows)
    sent, answered = [], []
    begin = time.perf_counter()
    count = RATE * seconds
    try:
        for number in range(count):
            pause = begin + number / RATE - time.perf_counter()
            if pause > 0:
                time.sleep(pause)
            product, stock = client.change()
            start = time.perf_counter()
            client.connection.commit()
            committed = time.perf_counter()
            if number % EVERY == EVERY - 1:
                done = client.find(product, stock)
                sent.append((done - start) * 1000)
                answered.append((done - committed) * 1000)
        return {"commit": sent, "answer": answered, "rate": count / (time.perf_counter() - begin)}
    finally:
        client.close()
