// Starts the built portal on SQLite in a temporary folder, and does what staff do through the API.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const HOME = new URL("..", import.meta.url).pathname;
const PROGRAM = process.env.HERMES_PROGRAM ?? join(HOME, "../target/debug/hermes");
const ADDRESS = /portal +(http:\/\/[^/]+)\/payment /;

/** The entries of a payer. */
export const ANA = {
  name: "Ana Ruiz",
  email: "ana.ruiz@example.org",
  amount: "5300.00",
  currency_from: "EUR",
  school: "Faculty of Law",
  student_id: "LAW-2041",
};

export class Portal {
  #process;
  #folder;
  #authorization;

  /**
   * Starts a portal with the example institution, or with the file `institution.toml` of a folder in `e2e/`.
   *
   * @param {{config?: string, settings?: Record<string, string>}} options `settings` are environment variables.
   */
  static async start({ config, settings = {} } = {}) {
    const portal = new Portal();
    portal.#folder = await mkdtemp(join(tmpdir(), "hermes-e2e-"));
    // Port 0 is any free port.
    const env = { PORT: "0", DASHBOARD_PORT: "0", DATA_DIR: portal.#folder, ...settings };
    // One key requests and approves.
    env.HERMES__REFUNDS__SECOND_PERSON_ABOVE = "1000000";
    env.HERMES_CONFIG_DIR = config ? join(HOME, config) : portal.#folder;
    // Refunds need a key, also on loopback.
    const key = execFileSync(PROGRAM, ["keys", "new"], { encoding: "utf8" }).trim();
    portal.#authorization = { Authorization: `Bearer ${key}` };
    env.HERMES__ACCESS__FIRST_KEY_FILE = join(portal.#folder, "first.key");
    await writeFile(env.HERMES__ACCESS__FIRST_KEY_FILE, key, { mode: 0o600 });
    portal.#process = spawn(PROGRAM, ["serve"], { cwd: HOME, env, stdio: ["ignore", "ignore", "pipe"] });
    portal.url = await portal.#address();
    return portal;
  }

  async #address() {
    const lines = [];
    for await (const line of createInterface({ input: this.#process.stderr })) {
      lines.push(line);
      const found = ADDRESS.exec(line);
      if (!found) continue;
      // Without a reader, the portal would wait as soon as the pipe is full.
      this.#process.stderr.resume();
      return found[1];
    }
    throw new Error(`the portal did not start:\n${lines.join("\n")}`);
  }

  /** Ends the portal and deletes its data. */
  async stop() {
    if (this.#process.exitCode === null) {
      this.#process.kill("SIGTERM");
      await once(this.#process, "exit");
    }
    await rm(this.#folder, { recursive: true });
  }

  /** Books through the API. Returns the reference, the amount to pay, and the path of the payer's page. */
  async book(changes = {}) {
    const booking = await this.#post("/api/bookings", { ...ANA, ...changes });
    const { reference, amount_due: due, payer_page: path } = booking;
    return { reference, due, currency: booking.currency_from, path };
  }

  /** Records that an amount has arrived for a payment: all that is due, unless `amount` says otherwise. Returns the receipt's number. */
  async receive(payment, amount = payment.due) {
    const receipt = await this.#post("/api/receipts", {
      amount,
      currency: payment.currency,
      value_date: new Date().toISOString().slice(0, 10),
      source: "cash",
      allocations: [{ booking: payment.reference, amount }],
    });
    return receipt.number;
  }

  /** Sends back the money of a cancelled payment. */
  async refund(receipt) {
    const { number } = await this.#post("/api/refunds", { receipt, payee_account: "DE02120300000000202051", reason: "cancelled" });
    await this.#post(`/api/refunds/${number}/approve`);
    await this.#post(`/api/refunds/${number}/sent`, { bank_id: "2026120200001" });
  }

  /** Cancels a payment as staff. A refund of its money becomes due. */
  async cancel(payment, reason) {
    const path = `/api/bookings/${payment.reference}`;
    const seen = await this.get(path);
    await this.#post(`${path}/cancel`, { reason, held: "refund" }, seen.headers.get("ETag"));
  }

  /** Reads from the API. */
  async get(path) {
    return fetch(this.url + path, { headers: this.#authorization });
  }

  async #post(path, body, version = "*") {
    const headers = { ...this.#authorization, "Idempotency-Key": randomUUID(), "If-Match": version };
    if (body) headers["Content-Type"] = "application/json";
    const response = await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    const text = await response.text();
    assert.ok(response.ok, `POST ${path}: ${response.status} ${text}`);
    return JSON.parse(text);
  }
}
