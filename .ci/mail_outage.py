"""Stops the mail server while payments are booked, then kills Hermes while it sends, and checks what arrived.

Usage: mail_outage.py PROGRAM

Requires aiosmtpd. HERMES_MAIL_OUTAGE_S is the length of the outage in seconds (3), HERMES_MAIL_KILLS the number of kills (1).

Each message arrives, the messages of a payment in the order of its changes, and none twice, except that a kill may repeat
the last message before it, under the same Message-ID.
"""

import email
import email.policy
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

PROGRAM = sys.argv[1]
OUTAGE_S = float(os.environ.get("HERMES_MAIL_OUTAGE_S", "3"))
KILLS = int(os.environ.get("HERMES_MAIL_KILLS", "1"))
# Between two bookings. A debug build commits each in a few milliseconds.
PAUSE_S = 0.02
# The longest back-off and the longest lease, for a busy machine.
ARRIVAL_S = 2 * OUTAGE_S + 120
# Messages that wait before each kill, and the delay of their replies, so that the kill comes in the middle.
BACKLOG = 60
REPLY_DELAY_S = 0.02

folder = pathlib.Path(tempfile.mkdtemp(prefix="hermes-mail-"))
mailbox = folder / "mail"
mailbox.mkdir()


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


class MailServer:
    """The server, always on the same port."""

    port = free_port()
    process = None

    def start(self, delay=0.0):
        sink = pathlib.Path(__file__).with_name("mail_sink.py")
        options = [mailbox, "--port", str(self.port), "--delay", str(delay)]
        self.process = subprocess.Popen([sys.executable, sink, *options], stdout=subprocess.PIPE)
        assert self.process.stdout.readline(), "the mail server did not start"

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Portal:
    """Hermes, on a free port after each start."""

    process = None
    url = None

    def start(self):
        settings = {
            "PORT": "0",
            "DASHBOARD_PORT": "0",
            "DATA_DIR": str(folder / "data"),
            "HERMES__SERVER__PUBLIC_URL": "http://127.0.0.1",
            "HERMES__MAIL__HOST": "127.0.0.1",
            "HERMES__MAIL__PORT": str(MailServer.port),
            "HERMES__MAIL__TLS": "none",
            "HERMES__MAIL__FROM": "Example University <payments@example.edu>",
        }
        log = open(folder / "log", "ab")
        began = log.tell()
        self.process = subprocess.Popen([PROGRAM, "serve"], cwd=folder, env=settings, stderr=log)
        for _ in range(600):
            found = re.search(rb"portal +(http://[^/]+)/payment ", (folder / "log").read_bytes()[began:])
            if found:
                self.url = found[1].decode()
                return
            time.sleep(0.05)
        sys.exit((folder / "log").read_text())

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def post(self, path, body):
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.load(response)


portal, server = Portal(), MailServer()
# The messages that must arrive, as pairs of a reference and a word of the subject, in the order of the changes.
expected = []


def book():
    """Books a payment, and cancels every fifth, so that some payments have two messages."""
    number = len(expected)
    booking = {"name": "Ana Ruiz", "email": f"payer-{number}@example.org", "amount": "100", "currency_from": "EUR"}
    reference = portal.post("/api/bookings", booking)["reference"]
    expected.append((reference, "to Example University"))
    if number % 5 == 0:
        portal.post(f"/api/bookings/{reference}/cancel", {"reason": "booked twice"})
        expected.append((reference, "is cancelled"))


def arrived():
    """Returns the arrived messages in order: reference, subject and Message-ID."""
    messages = []
    for path in sorted(mailbox.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        messages.append((re.search(r"REF\d+", message["Subject"])[0], message["Subject"], message["Message-ID"]))
    return messages


def wait_for(condition, what):
    deadline = time.monotonic() + ARRIVAL_S
    while not condition():
        assert time.monotonic() < deadline, f"{what}; {len(expected)} expected, {len(arrived())} arrived"
        time.sleep(0.05)


def count():
    return len(list(mailbox.glob("*.eml")))


def distinct():
    return len({identifier for _, _, identifier in arrived()})


def without_repetitions(messages):
    """Returns the messages without those that repeat the one directly before, and the repetitions."""
    once, repeated = [], []
    for message in messages:
        if once and once[-1] == message:
            repeated.append(message)
        else:
            once.append(message)
    return once, repeated


def check(messages):
    assert len({identifier for _, _, identifier in messages}) == len(messages), "a message arrived twice"
    found = [(reference, subject) for reference, subject, _ in messages]
    assert len(found) == len(expected), f"{len(expected)} messages expected, {len(found)} arrived"
    for (reference, word), (arrived_reference, subject) in zip(expected, found):
        assert reference == arrived_reference and word in subject, f"{reference} {word} expected, {subject} arrived"


def outage():
    stopping = threading.Event()

    failures = []

    def load():
        try:
            while not stopping.is_set():
                book()
                time.sleep(PAUSE_S)
        except OSError as error:
            failures.append(error)

    thread = threading.Thread(target=load)
    thread.start()
    wait_for(lambda: count() >= 10, "no message arrives")
    server.stop()
    before, booked = count(), len(expected)
    time.sleep(OUTAGE_S)
    assert count() == before, "a stopped server has received a message"
    during = len(expected) - booked
    assert during > OUTAGE_S, f"only {during} changes during the outage"
    server.start()
    began = time.monotonic()
    wait_for(lambda: count() > before, "no message arrives after the outage")
    resumed = time.monotonic() - began
    stopping.set()
    thread.join()
    assert not failures, failures
    wait_for(lambda: distinct() >= len(expected), "not every message arrives after the outage")
    messages = arrived()
    check(messages)
    print(
        f"result: outage of {OUTAGE_S:.0f} s with {during} messages due: sent again after {resumed:.1f} s, "
        f"{len(messages)} of {len(expected)} arrived in order, none twice"
    )


def kills():
    repetitions = 0
    for _ in range(KILLS):
        server.stop()
        earlier = count()
        for _ in range(BACKLOG):
            book()
        server.start(REPLY_DELAY_S)
        wait_for(lambda: count() >= earlier + BACKLOG // 3, "no message arrives before the kill")
        portal.kill()
        # A message in progress is written or lost, but not later than this.
        time.sleep(0.2)
        killed_at = count()
        assert killed_at < len(expected) + repetitions, "nothing was left to send"
        portal.start()
        wait_for(lambda: distinct() >= len(expected), "not every message arrives after the kill")
        messages = arrived()
        once, repeated = without_repetitions(messages)
        assert len(repeated) - repetitions <= 1, f"more than one message was repeated: {repeated}"
        if len(repeated) > repetitions:
            last, first = messages[killed_at - 1], messages[killed_at]
            assert last == first, f"{last} was the last before the kill, {first} came after it"
        repetitions = len(repeated)
        check(once)
    print(
        f"result: {KILLS} kills while sending: all {len(expected)} messages arrived in order; {repetitions} kills repeated "
        "the last message, under its Message-ID"
    )


server.start()
portal.start()
try:
    outage()
    kills()
except AssertionError:
    print((folder / "log").read_text(), file=sys.stderr)
    raise
finally:
    portal.stop()
    server.stop()
    shutil.rmtree(folder)
