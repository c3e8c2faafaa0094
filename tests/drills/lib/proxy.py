"""A TCP proxy that misbehaves: cuts, lets nothing pass in one direction or both, forgets an end, stops answering."""

import contextlib
import random
import select
import socket
import threading
import time


class Proxy:
    """127.0.0.1:port leads to another port. Thread-safe."""

    def __init__(self, target):
        self.target = target
        self._lock = threading.Lock()
        self._pairs = []
        # Nothing passes to, or from, the server, as where packets are lost: it comes when that ends, or never.
        self.stall_up = self.stall_down = False
        self.refuse = False  # new connections are accepted and never answered
        self.delay_s = 0.0  # for which every few KB are held back, as by a server or a network that answers slowly
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        held = []
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.refuse:
                held.append(client)
                continue
            held.clear()
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            pair = (client, server)
            with self._lock:
                self._pairs.append(pair)
                self.connections += 1
            threading.Thread(target=self._forward, args=pair, daemon=True).start()

    def _forward(self, client, server):
        ends = {client: server, server: client}
        try:
            while True:
                heard = [end for end, stalls in ((client, self.stall_up), (server, self.stall_down)) if not stalls]
                ready, _, _ = select.select(heard, [], [], 0.05)
                if self._closed:
                    break
                for end in ready:
                    data = end.recv(1 << 14 if self.delay_s else 1 << 16)
                    if not data:
                        return
                    if self.delay_s:
                        time.sleep(self.delay_s)
                    ends[end].sendall(data)
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                with contextlib.suppress(ValueError):
                    self._pairs.remove((client, server))
            for end in ends:
                with contextlib.suppress(OSError):
                    end.close()

    def cut(self, share=1.0, rng=random):
        """Ends connections, or a share of them."""
        with self._lock:
            chosen = [pair for pair in self._pairs if rng.random() < share]
        for pair in chosen:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        return len(chosen)

    def half_open(self):
        """The servers' ends are closed; the clients are told nothing, and their connections stay silent for ever."""
        with self._lock:
            chosen = list(self._pairs)
            self._pairs = []
        for client, server in chosen:
            # The forwarding thread ends with the server's end and would close the client's: it keeps a copy.
            self._kept = getattr(self, "_kept", [])[-50:] + [client.dup()]
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
        return len(chosen)

    def half_open_to_server(self):
        """The clients' ends are closed; the server is told nothing, and goes on holding its ends."""
        with self._lock:
            chosen = list(self._pairs)
            self._pairs = []
        for client, server in chosen:
            self._kept = getattr(self, "_kept", [])[-50:] + [server.dup()]
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        return len(chosen)

    def heal(self):
        self.stall_up = self.stall_down = self.refuse = False

    def lead_to(self, target):
        self.target = target
        self.cut()

    def close(self):
        self._closed = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
