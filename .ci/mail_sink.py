"""A mail server that writes each message to a file: 001.eml, 002.eml, … Prints its port.

Usage: mail_sink.py FOLDER [PORT]
"""

import asyncio
import pathlib
import sys

from aiosmtpd.smtp import SMTP


class Sink:
    """Writes messages to files, under their final name only once they are complete."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        part = self.folder / f"{self.count:03}.part"
        part.write_bytes(b"X-Envelope-To: " + ", ".join(envelope.rcpt_tos).encode() + b"\r\n" + envelope.original_content)
        part.rename(part.with_suffix(".eml"))
        return "250 2.0.0 stored"


async def main():
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    sink = Sink(sys.argv[1])
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True), "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
