#!/usr/bin/env python3
"""Between libpq and a PostgreSQL server, both on unix sockets; cuts the
connection at the COMMIT of a transaction that has written.

    proxy.py SERVER-FOLDER FOLDER before    COMMIT does not reach the server
    proxy.py SERVER-FOLDER FOLDER behind    it does, its answer comes to nobody

It makes FOLDER/.s.PGSQL.5432, and FOLDER/cut when it has cut; what connects
afterwards is let through."""
import os
import socket
import sys
import threading

SOCKET = ".s.PGSQL.5432"


def exactly(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def message(sock, typed):
    """One message of the protocol: the first one has no type."""
    head = exactly(sock, 5 if typed else 4)
    return head + exactly(sock, int.from_bytes(head[-4:], "big") - 4)


def answers(server, client):
    try:
        while data := server.recv(65536):
            client.sendall(data)
    except OSError:
        pass
    client.close()


class Proxy:
    def __init__(self, server, folder, when):
        self.server = os.path.join(server, SOCKET)
        self.folder = folder
        self.when = when
        self.cut = False

    def end(self, client, server, commit):
        """What the server says now is read, and comes to nobody."""
        self.cut = True
        with open(os.path.join(self.folder, "cut"), "wb"):
            pass
        client.shutdown(socket.SHUT_RDWR)
        if self.when == "behind":
            server.sendall(commit)
        server.shutdown(socket.SHUT_WR)

    def session(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.server)
        threading.Thread(target=answers, args=(server, client),
                         daemon=True).start()
        wrote = False
        data = message(client, False)
        while True:
            wrote = wrote or b"INSERT INTO schemastore.ledger" in data
            if wrote and not self.cut and data[5:] == b"COMMIT\0":
                self.end(client, server, data)
                return
            server.sendall(data)
            data = message(client, True)

    def guarded(self, client):
        try:
            self.session(client)
        except (EOFError, OSError):
            client.close()


def main():
    server, folder, when = sys.argv[1:]
    proxy = Proxy(server, folder, when)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(os.path.join(folder, SOCKET))
        door.listen()
        door.settimeout(1)
        while os.getppid() != 1:
            try:
                client = door.accept()[0]
            except TimeoutError:
                continue
            client.setblocking(True)
            threading.Thread(target=proxy.guarded, args=(client,),
                             daemon=True).start()


if __name__ == "__main__":
    main()
