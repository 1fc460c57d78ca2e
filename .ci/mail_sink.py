"""A mail server that writes each message to a file: 00001.eml, 00002.eml, … Prints its port.

With a certificate, the server requires STARTTLS and the login of the user hermes. SIGTERM stops the server, after the
reply to a message that it has written. A server that starts again continues the numbers.
"""

import argparse
import asyncio
import pathlib
import signal
import ssl

from aiosmtpd.smtp import SMTP, AuthResult

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--certificate")
parser.add_argument("--key")
parser.add_argument("--password", default="")
parser.add_argument("--delay", type=float, default=0, help="seconds between writing a message and the reply")
arguments = parser.parse_args()


class Sink:
    """Writes messages to files, under their final name only once they are complete."""

    def __init__(self):
        self.count = len(list(arguments.folder.glob("*.eml")))

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        part = arguments.folder / f"{self.count:05}.part"
        recipients = ", ".join(envelope.rcpt_tos).encode()
        part.write_bytes(b"X-Envelope-To: " + recipients + b"\r\n" + envelope.original_content)
        part.rename(part.with_suffix(".eml"))
        if arguments.delay:
            await asyncio.sleep(arguments.delay)
        return "250 2.0.0 stored"


def authenticate(server, session, envelope, mechanism, login):
    is_known = (login.login, login.password) == (b"hermes", arguments.password.encode())
    return AuthResult(success=is_known, handled=False)


def options():
    if not arguments.certificate:
        return {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(arguments.certificate, arguments.key)
    return {
        "tls_context": context,
        "require_starttls": True,
        "authenticator": authenticate,
        "auth_required": True,
    }


async def main():
    sink = Sink()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, enable_SMTPUTF8=True, **options()), "127.0.0.1", arguments.port
    )
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await stopped.wait()
    server.close()


asyncio.run(main())
