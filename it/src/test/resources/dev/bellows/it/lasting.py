"""A program whose requests last: HTTP/1.1, server-sent events, WebSockets (RFC 6455).

GET /?sleep=MS answers after a while. GET /events?for=MS sends an event every 200 ms, and at the end
one that says "end". A WebSocket gets every text back; it is answered when it closes.
"""
import asyncio
import base64
import hashlib
import os
import struct
import urllib.parse

KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


async def events(writer, milliseconds):
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for number in range(milliseconds // 200):
        chunk(writer, f"data: {number}\n\n")
        await writer.drain()
        await asyncio.sleep(0.2)
    chunk(writer, "data: end\n\n")
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def chunk(writer, text):
    octets = text.encode()
    writer.write(b"%x\r\n%b\r\n" % (len(octets), octets))


async def socket(reader, writer, key):
    digest = base64.b64encode(hashlib.sha1((key + KEY).encode()).digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + digest + b"\r\n\r\n"
    )
    while True:
        head = await reader.readexactly(2)
        kind, size = head[0] & 15, head[1] & 127
        if size == 126:
            (size,) = struct.unpack(">H", await reader.readexactly(2))
        mask = await reader.readexactly(4)
        text = bytes(b ^ mask[i % 4] for i, b in enumerate(await reader.readexactly(size)))
        answer = PONG if kind == PING else kind
        if kind in (TEXT, CLOSE, PING):
            length = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)
            writer.write(bytes([128 | answer]) + length + text)
            await writer.drain()
        if kind == CLOSE:
            return


async def connection(reader, writer):
    try:
        while True:
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {}
            for line in request[1:]:
                name, _, value = line.partition(":")
                headers[name.strip().lower()] = value.strip()
            url = urllib.parse.urlparse(request[0].split(" ")[1])
            query = urllib.parse.parse_qs(url.query)
            if "sec-websocket-key" in headers:
                await socket(reader, writer, headers["sec-websocket-key"])
                return
            if url.path == "/events":
                await events(writer, int(query["for"][0]))
                continue
            await asyncio.sleep(int(query.get("sleep", ["0"])[0]) / 1000)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client has left
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(
        connection, "127.0.0.1", int(os.environ["PORT"]), backlog=1024
    )
    await server.serve_forever()


asyncio.run(main())
