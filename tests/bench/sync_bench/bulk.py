"""The documents of an index, kept as the bodies of _bulk, and a build of an index out of them."""

import http.client
import json
import os
import queue
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "drills", "lib"))
# pylint: disable=wrong-import-position
from binseek import Binseek
from catch_up import cpu_seconds
from support import DrillError

BATCH = 1000
CONNECTIONS = 2


def count_of(binseek, index):
    return binseek.request("GET", f"/{index}/_count")["count"]


class Documents:
    """A folder with a file for each body of _bulk, so that a million of them need not be held, and the mapping."""

    def __init__(self, folder, index):
        self.folder, self.index = folder, index
        self.mappings, self.bodies = None, []

    def there(self):
        return bool(self.bodies)

    def take(self, binseek, rows):
        """All documents of the index, as they are there."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        self.mappings = binseek.request("GET", f"/{self.index}/_mapping")[self.index]["mappings"]
        taken, after = 0, None
        while taken < rows:
            wanted = {"size": BATCH, "sort": [{"id": "asc"}], "track_total_hits": False}
            hits = binseek.search(self.index, {**wanted, **({"search_after": after} if after else {})})["hits"]["hits"]
            if not hits:
                raise DrillError(f"{taken} documents of {rows}")
            lines = [f'{{"index":{{"_id":{json.dumps(hit["_id"])}}}}}\n{json.dumps(hit["_source"], ensure_ascii=False, separators=(",", ":"))}\n' for hit in hits]
            path = os.path.join(self.folder, str(len(self.bodies)))
            with open(path, "w", encoding="utf-8") as file:
                file.write("".join(lines))
            self.bodies.append(path)
            taken += len(hits)
            after = hits[-1]["sort"]


class Sender(threading.Thread):
    """Sends bodies until there are no more; `error` says what went wrong."""

    def __init__(self, port, index, bodies):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.path, self.bodies, self.error = f"/{index}/_bulk", bodies, None

    def run(self):
        try:
            while True:
                with open(self.bodies.get_nowait(), "rb") as file:
                    body = file.read()
                self.connection.request("POST", self.path, body, {"Content-Type": "application/x-ndjson"})
                response = self.connection.getresponse()
                answer = response.read()
                if response.status != 200 or b'"errors":true' in answer[:200]:
                    raise DrillError(f"_bulk: {response.status} {answer[:400]}")
        except queue.Empty:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
        finally:
            self.connection.close()


def bulk_build(folder, documents, rows):
    """Seconds by the clock, from the first byte sent until all can be found, and of CPU time."""
    shutil.rmtree(folder, ignore_errors=True)
    with Binseek(folder) as binseek:
        binseek.await_answering()
        binseek.request("PUT", f"/{documents.index}", {"mappings": documents.mappings})
        left = queue.Queue()
        for path in documents.bodies:
            left.put(path)
        senders = [Sender(binseek.port, documents.index, left) for _ in range(CONNECTIONS)]
        cpu, began = cpu_seconds(binseek.process.pid), time.perf_counter()
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
            if sender.error:
                raise DrillError(str(sender.error))
        binseek.request("POST", f"/{documents.index}/_refresh")
        taken = {"seconds": time.perf_counter() - began, "cpu_seconds": cpu_seconds(binseek.process.pid) - cpu}
        if count_of(binseek, documents.index) != rows:
            raise DrillError(f"{count_of(binseek, documents.index)} documents were built of {rows}")
        binseek.stop()
    return taken
