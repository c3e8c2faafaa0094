"""A running `binseek serve`, and its HTTP API, as a test sees them."""

import http.client
import json
import os
import re
import signal
import subprocess

from support import BINARY, ROOT, DrillError, await_true, free_port


class HttpError(Exception):
    def __init__(self, status, body):
        super().__init__(f"HTTP {status}: {body[:400]}")
        self.status = status
        self.body = body


class Binseek:
    """One process over one data directory. Not thread-safe, but for request()."""

    def __init__(self, folder, mysql_url=None, arguments=(), settings=None):
        self.folder = folder
        self.environment = {**os.environ, **(settings or {})}  # BINSEEK_SECTION_KEY, as the config's
        self.data = os.path.join(folder, "data")
        self.log_path = os.path.join(folder, "binseek.log")
        self.port = free_port()
        self.command = [BINARY, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}", *arguments]
        if mysql_url:
            self.command += ["--mysql", mysql_url]
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill9()

    # ---- the process

    def start(self):
        os.makedirs(self.folder, exist_ok=True)
        if not os.access(BINARY, os.X_OK):
            raise DrillError(f"there is no {os.path.relpath(BINARY, ROOT)}: ./dev build")
        with open(self.log_path, "ab") as log:
            # A session of its own: Ctrl-C reaches the drill, which then ends the process itself.
            self.process = subprocess.Popen(self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=self.environment, start_new_session=True)

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill9(self):
        if self.running():
            self.process.send_signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
            self.process = None

    def stop(self, limit_s=60.0):
        """Ends the process by SIGTERM; raises where that is not a clean end."""
        process, self.process = self.process, None
        process.terminate()
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise DrillError(f"binseek did not end within {limit_s:.0f} s of SIGTERM{self.log_tail()}") from None
        if status != 0:
            raise DrillError(f"binseek ended with status {status}{self.log_tail()}")

    def log_tail(self, lines=15):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "; its log ends:\n" + "".join(log.readlines()[-lines:])

    def expect_running(self):
        if not self.running():
            raise DrillError(f"binseek ended by itself{self.log_tail()}")

    # ---- HTTP

    def request(self, method, path, body=None, timeout_s=60.0):
        """Returns the answer's JSON (text where it is no JSON); numbers with a fraction become floats."""
        return json_or_text(self.request_text(method, path, body, timeout_s))

    def request_text(self, method, path, body=None, timeout_s=60.0):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, path, body=data, headers={"Content-Type": "application/json"} if data else {})
            response = connection.getresponse()
            text = response.read().decode("utf-8", errors="strict")
            if response.status >= 300:
                raise HttpError(response.status, text)
            return text
        finally:
            connection.close()

    def search(self, index, body, timeout_s=60.0):
        return self.request("POST", f"/{index}/_search", body, timeout_s)

    def status(self):
        """The sync status; None while the process does not answer."""
        try:
            return self.request("GET", "/_sync/status", timeout_s=10.0)
        except (OSError, http.client.HTTPException, HttpError):
            return None

    # ---- conditions

    def await_answer(self, path, limit_s=60.0):
        """Waits until a GET of the path is answered, and returns the answer."""
        def answer():
            self.expect_running()
            try:
                return self.request("GET", path, timeout_s=10.0)
            except (OSError, http.client.HTTPException, HttpError):
                return None

        return await_true(f"binseek answers {path}", answer, limit_s)

    def await_answering(self, limit_s=60.0):
        def answers():
            self.expect_running()
            return self.status()

        return await_true("binseek answers", answers, limit_s)

    def await_live(self, limit_s=300.0):
        def live():
            self.expect_running()
            status = self.status()
            refuse_halted(status)
            return status if status and status.get("state") == "live" else None

        return await_true("binseek is live", live, limit_s)

    def await_position(self, database, limit_s=120.0):
        """Waits until all that the server's binlog holds now is applied."""
        wanted = database.position()

        def reached():
            self.expect_running()
            status = self.status()
            refuse_halted(status)
            return status is not None and status.get("state") == "live" and has_reached(database, status, wanted)

        await_true(f"binseek applies {wanted}", reached, limit_s)


def json_or_text(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


def refuse_halted(status):
    if status and status.get("state") == "halted":
        raise DrillError(f"binseek halted: {json.dumps(status)[:800]}")


def parse_binlog(binlog):
    """("binlog.000003", 1234) of "binlog.000003:1234" or {"file": ..., "position"|"offset": ...}; None where there is none."""
    if isinstance(binlog, dict):
        offset = binlog.get("position", binlog.get("offset", binlog.get("pos")))
        return None if offset is None else (binlog.get("file"), int(offset))
    found = re.fullmatch(r"(.+):(\d+)", binlog or "")
    return (found.group(1), int(found.group(2))) if found else None


def has_reached(database, status, wanted):
    position = status.get("position") or {}
    applied = parse_binlog(position.get("binlog"))
    if applied is not None and applied >= wanted["binlog"]:
        return True
    gtid = position.get("gtid")
    return bool(gtid) and bool(wanted["gtid"]) and database.contains_gtid(gtid, wanted["gtid"])
