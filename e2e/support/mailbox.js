// Runs the mail server of the tests, and returns its messages in the order of their arrival.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { PYTHON } from "./python.js";

const SCRIPT = new URL("mailbox.py", import.meta.url).pathname;

/** Returns a port that is free now. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

export class Mailbox {
  #process;
  #lines;

  /** Starts the server, and returns when it accepts connections. */
  static async start(port) {
    const mailbox = new Mailbox();
    mailbox.#process = spawn(PYTHON, [SCRIPT, String(port)], { stdio: ["ignore", "pipe", "inherit"] });
    mailbox.#lines = createInterface({ input: mailbox.#process.stdout })[Symbol.asyncIterator]();
    await mailbox.#line();
    return mailbox;
  }

  async #line() {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("the mail server has ended");
    return JSON.parse(value);
  }

  /** Waits for the next message: its envelope's recipients, its headers as a map of lists, its plain text and its HTML. */
  async next() {
    const { to, headers, plain, html } = await this.#line();
    const map = new Map();
    for (const [name, value] of headers) map.set(name.toLowerCase(), [...(map.get(name.toLowerCase()) ?? []), value]);
    return { to, headers: map, subject: map.get("subject")[0], id: map.get("message-id")[0], plain, html };
  }

  async stop() {
    this.#process.kill("SIGTERM");
    await once(this.#process, "exit");
  }
}
