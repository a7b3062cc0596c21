#!/usr/bin/env python3
"""The peers of bench/memory: backends that do not behave, clients that take memory, and one that behaves. Python's own library only.

memory.py backend HOST SILENT DEAF    SILENT reads all and never answers, DEAF never reads
memory.py good HOST:PORT              asks ten times a second, on a kept connection and on new ones, until SIGTERM; then tells how it went
memory.py CASE PLAIN TLS [COUNT]      plays a flood against HOST:PORT without and with TLS; says "top" when it is at its top, lets go when a line comes
"""
import collections, select, signal, socket, ssl, struct, sys, time

HOST = b"bench.test"


class Peer:
    """A connection that does not block. What it has to send goes out as the socket takes it, what comes is counted."""

    def __init__(self, flood, address, data=b""):
        self.flood, self.data, self.received, self.is_open, self.has_answer = flood, memoryview(data), bytearray(), True, False
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.connect(address)
        except BlockingIOError:
            pass
        flood.add(self)

    def send(self, data):
        self.data = memoryview(bytes(self.data) + data)
        self.flood.watch(self)

    def on_writable(self):
        try:
            self.data = self.data[self.socket.send(self.data):]
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        self.flood.sent = time.monotonic()
        if not self.data:
            self.flood.watch(self)

    def on_readable(self):
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        self.received += data
        self.on_data()
        if len(self.received) > 65536:
            del self.received[:-1024]

    def on_data(self):
        if not self.has_answer and b"\r\n\r\n" in self.received:
            self.has_answer = True
            self.flood.statuses[bytes(self.received[9:12]).decode()] += 1

    def close(self):
        if self.is_open:
            self.is_open = False
            self.flood.closed += 1
            self.flood.remove(self)
            self.socket.close()


class Deaf(Peer):
    """Takes nothing."""

    def on_readable(self):
        try:
            if not self.socket.recv(1, socket.MSG_PEEK):
                self.close()
        except BlockingIOError:
            pass
        except OSError:
            self.close()


class TlsPeer(Peer):
    """Makes a handshake first."""

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def __init__(self, flood, address, data=b""):
        self.inbound, self.outbound, self.request = ssl.MemoryBIO(), ssl.MemoryBIO(), data
        self.tls = self.context.wrap_bio(self.inbound, self.outbound, server_hostname=HOST.decode())
        self.is_established = False
        self.handshake()
        super().__init__(flood, address, self.outbound.read())

    def handshake(self):
        try:
            self.tls.do_handshake()
            self.is_established = True
        except ssl.SSLWantReadError:
            pass

    def on_data(self):
        self.inbound.write(self.received)
        self.received.clear()
        try:
            if not self.is_established:
                self.handshake()
                if self.is_established:
                    self.tls.write(self.request)
            if self.is_established:
                answer = self.tls.read(65536)
                if not self.has_answer and answer:
                    self.has_answer = True
                    self.flood.statuses[answer[9:12].decode()] += 1
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.close()
            return
        rest = self.outbound.read()
        if rest and self.is_open:
            self.send(rest)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(index, value):
    return bytes([index, len(value)]) + value


def head(stream, path, method=b"GET", is_end=True, fields=b""):
    """HEADERS without a dynamic table: name indexes of the static one (RFC 7541, appendix A)."""
    block = literal(2, method) + literal(4, path) + b"\x86" + literal(1, HOST) + fields
    return frame(1, 4 | (1 if is_end else 0), stream, block)


def preface(window=65535):
    return b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, struct.pack(">HI", 4, window)) + frame(4, 1, 0)


class H2Peer(Peer):
    """Counts answers by HEADERS frames and resets; answers SETTINGS in advance, never opens a window."""

    def on_data(self):
        while len(self.received) >= 9:
            length = int.from_bytes(self.received[:3], "big")
            if len(self.received) < 9 + length:
                return
            kind = self.received[3]
            if kind == 1:
                self.flood.statuses["503" if self.received[9:10] != b"\x88" else "200"] += 1
            elif kind in (3, 7):
                self.flood.statuses["RST_STREAM" if kind == 3 else "GOAWAY"] += 1
            del self.received[:9 + length]


class FillingPeer(H2Peer):
    """Sends on its streams as much as the windows take: 64 KiB each, and the connection's."""

    def __init__(self, flood, address, streams=100):
        self.connection_window, self.left = 65535, {1 + 2 * i: 65535 for i in range(streams)}
        super().__init__(flood, address, preface() + b"".join(head(i, b"/deaf", b"POST", is_end=False) for i in self.left))

    def on_data(self):
        while len(self.received) >= 9 and len(self.received) >= 9 + int.from_bytes(self.received[:3], "big"):
            length = int.from_bytes(self.received[:3], "big")
            kind, stream = self.received[3], int.from_bytes(self.received[5:9], "big")
            if kind == 8 and stream == 0:
                self.connection_window += int.from_bytes(self.received[9:13], "big")
            elif kind in (1, 3):
                self.flood.statuses["503" if kind == 1 else "RST_STREAM"] += 1
                self.left.pop(stream, None)
            elif kind == 7:
                self.flood.statuses["GOAWAY"] += 1
            del self.received[:9 + length]
        if not self.data:
            self.fill()

    def on_writable(self):
        super().on_writable()
        if self.is_open and not self.data:
            self.fill()

    def fill(self):
        for stream, window in self.left.items():
            size = min(window, self.connection_window, 16384)
            if size > 0:
                self.left[stream] -= size
                self.connection_window -= size
                self.send(frame(0, 0, stream, bytes(size)))
                return


class Flood:
    def __init__(self):
        self.epoll, self.peers = select.epoll(), {}
        self.statuses, self.closed, self.sent = collections.Counter(), 0, time.monotonic()

    def add(self, peer):
        self.peers[peer.socket.fileno()] = peer
        self.epoll.register(peer.socket.fileno(), select.EPOLLIN | (select.EPOLLOUT if peer.data else 0))

    def watch(self, peer):
        self.epoll.modify(peer.socket.fileno(), select.EPOLLIN | (select.EPOLLOUT if peer.data else 0))

    def remove(self, peer):
        self.peers.pop(peer.socket.fileno(), None)

    def turn(self, seconds=0.01):
        for fd, events in self.epoll.poll(seconds, 1000):
            peer = self.peers.get(fd)
            if peer and peer.is_open and events & select.EPOLLOUT:
                peer.on_writable()
            if peer and peer.is_open and events & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR):
                peer.on_readable()

    def until(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition() and time.monotonic() < end:
            self.turn()

    def until_quiet(self, quiet, seconds):
        self.sent = time.monotonic()
        self.until(lambda: time.monotonic() - self.sent > quiet, seconds)

    def open(self, count, make, at_once=200):
        for i in range(count):
            make()
            if i % at_once == at_once - 1:
                self.until(lambda: all(not p.data for p in list(self.peers.values())[-at_once:]), 0.5)

    def close_all(self):
        for peer in list(self.peers.values()):
            self.peers.pop(peer.socket.fileno(), None)
            peer.is_open = False
            peer.socket.close()


def get(path=b"/"):
    return b"GET " + path + b" HTTP/1.1\r\nhost: " + HOST + b"\r\n\r\n"


def post(path, length):
    return b"POST " + path + b" HTTP/1.1\r\nhost: " + HOST + b"\r\ncontent-length: " + str(length).encode() + b"\r\n\r\n"


def answered(flood, count):
    return lambda: sum(flood.statuses.values()) + flood.closed >= count


def play(case, plain, tls, count):
    flood = Flood()
    kept = 1024 * 1024
    if case == "retries":
        data = post(b"/silent", kept) + bytes(kept - 1)
        flood.open(count or 1000, lambda: Peer(flood, plain, data), 50)
        flood.until_quiet(2, 60)
    elif case == "handshakes":
        for wave in range(5):
            flood.open(count or 3000, lambda: type("HalfOpen", (TlsPeer, Deaf), {"on_readable": Deaf.on_readable})(flood, tls))
            flood.until_quiet(1, 10)
            flood.until(lambda: False, 2)
            if wave < 4:
                flood.close_all()
    elif case == "ask":
        flood.open(count or 10000, lambda: Peer(flood, plain))
        for peer in list(flood.peers.values()):
            peer.send(get())
        flood.until(answered(flood, count or 10000), 60)
    elif case == "uploads":
        data = post(b"/deaf", 100 * 1024 * 1024) + bytes(16 * 1024 * 1024)
        flood.open(count or 200, lambda: Peer(flood, plain, data), 20)
        flood.until_quiet(2, 60)
    elif case == "idle-plain":
        flood.open(count or 10000, lambda: Peer(flood, plain, get()))
        flood.until(answered(flood, count or 10000), 60)
    elif case == "idle-tls":
        flood.open(count or 5000, lambda: TlsPeer(flood, tls, get()))
        flood.until(answered(flood, count or 5000), 120)
    elif case == "idle-h2":
        flood.open(count or 10000, lambda: H2Peer(flood, plain, preface() + head(1, b"/")))
        flood.until(answered(flood, count or 10000), 60)
    elif case == "streams":
        streams = b"".join(head(1 + 2 * i, b"/few") for i in range(100))
        flood.open(count or 1000, lambda: H2Peer(flood, plain, preface() + streams), 50)
        flood.until_quiet(2, 60)
    elif case == "heads":
        data = b"GET / HTTP/1.1\r\nhost: " + HOST + b"\r\n" + b"".join(b"x-%02d: %s\r\n" % (i, b"a" * 1000) for i in range(59))
        flood.open(count or 1000, lambda: Peer(flood, plain, data), 50)
        flood.until_quiet(1, 8)
    elif case == "windows":
        flood.open(count or 1000, lambda: FillingPeer(flood, plain), 20)
        flood.until_quiet(3, 90)
    elif case == "stalled":
        streams = b"".join(head(1 + 2 * i, b"/large") for i in range(100))
        flood.open(count or 1000, lambda: H2Peer(flood, plain, preface(0) + streams), 20)
        flood.until_quiet(3, 60)
    else:
        sys.exit("unknown case " + case)
    flood.until(lambda: False, 1)
    print("top", len(flood.peers), "open,", flood.closed, "closed", dict(flood.statuses), flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        flood.turn(0.1)
    flood.close_all()


def backend(host, silent, deaf):
    epoll, peers = select.epoll(), {}
    listeners = {}
    for port, reads in ((silent, True), (deaf, False)):
        server = socket.create_server((host, port), backlog=4096)
        server.setblocking(False)
        listeners[server.fileno()] = (server, reads)
        epoll.register(server.fileno(), select.EPOLLIN)
    while True:
        for fd, events in epoll.poll():
            if fd in listeners:
                server, reads = listeners[fd]
                try:
                    peer, _ = server.accept()
                except OSError:
                    continue
                peer.setblocking(False)
                peers[peer.fileno()] = peer
                epoll.register(peer.fileno(), select.EPOLLIN if reads else select.EPOLLHUP | select.EPOLLERR)
                continue
            try:
                is_over = events & (select.EPOLLHUP | select.EPOLLERR) or not peers[fd].recv(1 << 18)
            except BlockingIOError:
                is_over = False
            except OSError:
                is_over = True
            if is_over:
                peers.pop(fd).close()


def ask(connection):
    connection.sendall(get())
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        if not piece:
            return None
        answer += piece
    length = int(answer.lower().split(b"content-length:")[1].split(b"\r")[0])
    while len(answer.split(b"\r\n\r\n", 1)[1]) < length:
        answer += connection.recv(65536)
    return answer[9:12].decode()


def good(address):
    kept, new, times = collections.Counter(), collections.Counter(), [0.0]
    stopping = []
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(1))
    connection = None

    def attempt(counter, existing):
        nonlocal connection
        began = time.monotonic()
        try:
            this = existing or socket.create_connection(address, 10)
            this.settimeout(10)
            status = ask(this)
            counter[status or "closed"] += 1
            times.append(time.monotonic() - began if status == "200" else 0.0)
            if status is None:
                return None
            return this
        except OSError as error:
            counter[type(error).__name__] += 1
            return None

    while not stopping:
        connection = attempt(kept, connection)
        other = attempt(new, None)
        if other:
            other.close()
        time.sleep(0.1)
    print("kept connection", dict(kept), "new ones", dict(new), "slowest %.0f ms" % (max(times) * 1000), flush=True)


def address_of(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


if __name__ == "__main__":
    if sys.argv[1] == "backend":
        backend(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1] == "good":
        good(address_of(sys.argv[2]))
    else:
        play(sys.argv[1], address_of(sys.argv[2]), address_of(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 0)
