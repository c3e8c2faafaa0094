"""A private OpenSearch node for one run: tests/support/servers/opensearch behind a class."""

import http.client
import json
import os
import subprocess
import urllib.parse

from support import ROOT, DrillError

PROGRAM = os.path.join(ROOT, "tests", "support", "servers", "opensearch")


class OpenSearch:
    """One node in one folder. Use as a context manager: it is wiped at the end."""

    def __init__(self, folder):
        self.folder = folder
        self.url = None

    def __enter__(self):
        done = subprocess.run([PROGRAM, "start", self.folder], check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=900)
        if done.returncode != 0:
            raise DrillError(f"no OpenSearch: {done.stderr.strip()[-800:]}")
        self.url = dict(line.split("=", 1) for line in done.stdout.splitlines())["url"]
        return self

    def __exit__(self, *_):
        subprocess.run([PROGRAM, "wipe", self.folder], check=True, timeout=120)


class Client:
    """A connection that is kept. call() gives (status, answer); a status of 400 and above is no error."""

    def __init__(self, url):
        self.address = urllib.parse.urlsplit(url)
        self.connection = None

    def call(self, method, path, body=None, kind="application/json"):
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body, ensure_ascii=False).encode()
        for attempt in (0, 1):  # a kept connection may have been closed meanwhile
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=120)
            try:
                self.connection.request(method, path, data, {"Content-Type": kind} if data is not None else {})
                response = self.connection.getresponse()
                return response.status, json.loads(response.read() or b"null")
            except (http.client.RemoteDisconnected, ConnectionError):
                self.connection.close()
                self.connection = None
                if attempt:
                    raise
        return None

    def expect(self, method, path, body=None, kind="application/json"):
        status, answer = self.call(method, path, body, kind)
        if status >= 300 or (isinstance(answer, dict) and answer.get("errors")):
            raise DrillError(f"{self.address.netloc}: {method} {path}: {status} {json.dumps(answer)[:800]}")
        return answer
