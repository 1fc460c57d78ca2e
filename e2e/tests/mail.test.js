// Mail to payers: a message in every state, in the payer's language, in order, and without markup or headers from answers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, launch, mode, openTab, screenshot } from "../support/browser.js";
import { send } from "../support/form.js";
import { Mailbox, freePort } from "../support/mailbox.js";
import { Portal } from "../support/portal.js";

/** The headers of a message. A hostile answer must not add any. */
const HEADERS = [
  "auto-submitted", "content-type", "date", "from", "message-id", "mime-version", "subject", "to",
];
/** Messages that wait while the mail server is down. */
const WAITING = 20;

let browser;
let portal;
let mailbox;
let mailPort;

before(async () => {
  const [port, free] = [await freePort(), await freePort()];
  mailPort = free;
  mailbox = await Mailbox.start(mailPort);
  const settings = {
    PORT: String(port),
    HERMES__SERVER__PUBLIC_URL: `http://127.0.0.1:${port}`,
    HERMES__MAIL__HOST: "127.0.0.1",
    HERMES__MAIL__PORT: String(mailPort),
    HERMES__MAIL__TLS: "none",
    HERMES__MAIL__FROM: "Example University <payments@example.edu>",
  };
  portal = await Portal.start({ settings });
  browser = await launch();
});

after(() => Promise.all([browser?.close(), portal?.stop(), mailbox?.stop()]));

/** Waits for a message, and checks what all messages have in common. */
async function assertMail(address, subject, texts) {
  const mail = await mailbox.next();
  assert.deepEqual(mail.to, [address]);
  assert.match(mail.subject, subject);
  for (const text of texts) {
    assert.ok(mail.plain.includes(text), `${text} is not in ${mail.plain}`);
  }
  assert.deepEqual([...mail.headers.keys()].sort(), HEADERS);
  for (const [name, values] of mail.headers) assert.equal(values.length, 1, name);
  return mail;
}

test("a message arrives in every state", async () => {
  const email = "states@example.org";
  const payment = await portal.book({ email });
  const booked = await assertMail(email, /REF\d+: 5,459\.00.EUR/, ["5,459.00", payment.path, "RF"]);
  await portal.receive(payment, "459.00");
  const part = await assertMail(email, /5,000\.00.EUR left to pay/, ["459.00", payment.path]);
  await portal.receive(payment, "5000.00");
  const paid = await assertMail(email, /is paid/, [`${payment.path}/confirmation`]);
  assert.equal(new Set([booked.id, part.id, paid.id]).size, 3);
});

test("a cancelled payment and the return of its money", async () => {
  const email = "cancelled@example.org";
  const payment = await portal.book({ email, language: "es" });
  await assertMail(email, /REF\d+/, ["Hola"]);
  const receipt = await portal.receive(payment, "1000.00");
  await assertMail(email, /4\.459,00/, ["1.000,00"]);
  await portal.cancel(payment, "the course does not take place");
  await assertMail(email, /anulado/, ["1.000,00", "No envíe dinero"]);
  await portal.refund(receipt);
  await assertMail(email, /REF\d+/, ["1.000,00"]);
});

test("a payer who has lost the link gets a new one by mail", async () => {
  const email = "lost@example.org";
  const payment = await portal.book({ email });
  await assertMail(email, /REF/, [payment.path]);
  const { page, close } = await openTab(browser, portal);
  const ask = async (reference) => {
    await page.goto("/payment/lost");
    await page.fill("#reference", reference);
    await page.fill("#email", email);
    await page.locator("main button[type=submit]").click();
    await page.waitForLoadState();
    return page.locator("main").innerText();
  };
  await page.goto("/payment/lost");
  await page.locator("main button[type=submit]").click();
  await assertAccessible(page, "the form with errors");
  await screenshot(page, "lost", "errors");
  // A wrong reference gets the same answer, and no mail: the next message belongs to the right one.
  const wrong = await ask("REF999");
  assert.equal(await ask(payment.reference), wrong);
  await assertAccessible(page, "the answer");
  await screenshot(page, "lost", "sent");
  const { plain } = await assertMail(email, /new link/, [payment.reference]);
  const link = /http:\S+/.exec(plain)[0];
  await page.goto(link);
  await page.locator("#reference").waitFor();
  await page.goto(payment.path);
  assert.equal(await page.locator("#reference").count(), 0, "the old link still works");
  await close();
});

test("a corrected address gets a new link, and staff see both messages", async () => {
  const [wrong, right] = ["mistyped@example.org", "corrected@example.org"];
  const payment = await portal.book({ email: wrong });
  await assertMail(wrong, /REF/, [payment.path]);
  const { page, close } = await openTab(browser, portal);
  await page.goto(`${payment.path}/change`);
  await page.fill("#email", right);
  await send(page);
  await page.waitForURL(/\/payment\/REF\d+\/\w+(\?|$)/);
  const path = new URL(page.url()).pathname;
  assert.notEqual(path, payment.path);
  await assertMail(right, /REF\d+: 5,459\.00.EUR/, [path]);
  await page.goto(payment.path);
  assert.equal(await page.locator("#reference").count(), 0, "the link that the wrong address has still works");
  const list = async () => (await portal.get(`/api/bookings/${payment.reference}/mail`)).json();
  // The portal records the result after the mail server has the message.
  let messages = await list();
  while (messages[0].state === "waiting") messages = await list();
  assert.deepEqual(messages.map(({ event_type, state }) => [event_type, state]), [
    ["payment.corrected", "sent"],
    ["payment.booked", "sent"],
  ]);
  await close();
});

test("an answer adds no markup to the HTML", async () => {
  const email = "hostile@example.org";
  const name = `<script>alert(1)</script> "><img src=x> {{ 7 * 7 }}`;
  await portal.book({ email, name });
  const { html } = await assertMail(email, /REF/, [name]);
  assert.ok(!html.includes("<script") && !html.includes("<img"), html);
  const { page, close } = await openTab(browser, portal, mode({ width: 320 }));
  await page.setContent(html);
  assert.ok((await page.locator("body").innerText()).includes(name));
  await screenshot(page, "mail", "hostile");
  await close();
});

test("messages wait while the mail server is down, and arrive once and in order", async () => {
  await mailbox.stop();
  const addresses = Array.from({ length: WAITING }, (_, index) => `waiting-${index}@example.org`);
  for (const email of addresses) await portal.book({ email });
  mailbox = await Mailbox.start(mailPort);
  const ids = new Set();
  for (const email of addresses) ids.add((await assertMail(email, /REF/, [])).id);
  assert.equal(ids.size, WAITING);
});
