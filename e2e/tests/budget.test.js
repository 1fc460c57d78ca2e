// What a page may cost: bytes on the wire, shifts of its layout, and, in the long form, time of the server.

import assert from "node:assert/strict";
import { Agent, get } from "node:http";
import { after, before, test } from "node:test";
import { launch, mode, openTab } from "../support/browser.js";
import { bookWithForm, fillForm, send } from "../support/form.js";
import { Portal } from "../support/portal.js";

/** Whether to measure the time of the server, which takes minutes and needs the release build (`HERMES_PROGRAM`). */
const IS_LONG = process.env.HERMES_E2E_LONG === "1";
const PAYMENTS = 100_000;
/** Bookings that are sent at the same time: the portal commits them together. */
const CONCURRENT = 64;
/** How often a page is requested. The median counts, because other programs use the processor too. */
const SAMPLES = 300;
const SERVER_TIME_MAX_MS = 3;

/** A page with everything has at most 40 KiB on the wire. A logo may have 16 of them (`institution.logo_file`). */
const WEIGHT_MAX = (40 - 16) * 1024;

let browser;
let portal;
let payment;

before(async () => {
  portal = await Portal.start();
  browser = await launch();
  payment = await portal.book();
});

after(() => Promise.all([browser?.close(), portal?.stop()]));

/** Counts the bytes of all responses, with their headers. */
async function weigh(page, open) {
  const session = await page.context().newCDPSession(page);
  let bytes = 0;
  await session.send("Network.enable");
  session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
  await open();
  await page.waitForLoadState("networkidle");
  return bytes;
}

const PAGES = {
  form: () => "/payment",
  payment: () => payment.path,
  confirmation: () => `${payment.path}/confirmation`,
  change: () => `${payment.path}/change`,
};

for (const [name, path] of Object.entries(PAGES)) {
  test(`${name} with everything weighs at most 24 KiB without a logo`, async (context) => {
    const { page, close } = await openTab(browser, portal, mode({ width: 1440 }));
    const bytes = await weigh(page, () => page.goto(path()));
    context.diagnostic(`${name}: ${bytes} bytes`);
    assert.ok(bytes > 1024 && bytes <= WEIGHT_MAX, `${bytes} bytes`);
    await close();
  });
}

/** Records every shift of the layout, also those that follow an input. */
function recordShifts() {
  globalThis.shifts = [];
  const observer = new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      globalThis.shifts.push({ value, moved: sources.map(({ node }) => (node?.outerHTML ?? node?.textContent)?.slice(0, 80)) });
    }
  });
  observer.observe({ type: "layout-shift", buffered: true });
}

/** Waits until the browser has shown the page. */
function twoFrames(page) {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)))));
}

/** Returns the shifts so far. The observer reports a shift after the frame that shows it. */
async function shifts(page) {
  await twoFrames(page);
  return page.evaluate(() => globalThis.shifts);
}

test("nothing moves when the logo arrives after the page is shown", async () => {
  const own = await Portal.start({ config: "institution" });
  const { page, close } = await openTab(browser, own);
  await page.addInitScript(recordShifts);
  const requested = new Promise((resolve) => page.route("**/institution/logo", resolve));
  await page.goto("/payment", { waitUntil: "domcontentloaded" });
  await twoFrames(page);
  await (await requested).continue();
  await page.locator(".logo").evaluate((image) => image.decode());
  assert.deepEqual(await shifts(page), []);
  await close();
  await own.stop();
});

for (const width of [320, 390, 1440]) {
  test(`nothing moves while pages load and the payer types at ${width}`, async () => {
    const { page, close } = await openTab(browser, portal, mode({ width }));
    await page.addInitScript(recordShifts);
    const assertStill = async (where) => assert.deepEqual(await shifts(page), [], where);
    await fillForm(page, "en", { email: `shift-${width}@example.org` });
    await page.locator("#quote").getByText("5,459.00").waitFor();
    await assertStill("the form");
    await send(page);
    await assertStill("the check");
    await send(page);
    await page.waitForURL(/\/payment\/REF\d+\//);
    await page.waitForLoadState("networkidle");
    await page.locator("button.copy").first().click();
    await page.locator("button.copy").first().getByText("Copied").waitFor();
    await assertStill("the payment");
    await page.locator(`a[href$="/confirmation"]`).click();
    await page.waitForLoadState("networkidle");
    await assertStill("the confirmation");
    await close();
  });
}

/** Returns the milliseconds from the request to the end of the response. */
function timeRequest(agent, path) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const request = get(portal.url + path, { agent, headers: { "Accept-Encoding": "br" } }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`));
      response.resume().on("end", () => resolve(performance.now() - start));
    });
    request.on("error", reject);
  });
}

test(`pages take at most ${SERVER_TIME_MAX_MS} ms at 100,000 payments`, { skip: !IS_LONG && "only with HERMES_E2E_LONG=1" }, async (context) => {
  let booked = 0;
  const book = async () => {
    while (booked < PAYMENTS) await portal.book({ email: `payer-${booked++}@example.org` });
  };
  await Promise.all(Array.from({ length: CONCURRENT }, book));
  // Its page also looks for another payment of the same payer.
  const twin = await portal.book({ email: "payer-0@example.org" });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const path of ["/payment", payment.path, twin.path, `${payment.path}/confirmation`]) {
    const times = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) times.push(await timeRequest(agent, path));
    const median = times.sort((one, other) => one - other)[SAMPLES / 2];
    context.diagnostic(`${path.replace(/[^/]{20,}/, "…")}: ${median.toFixed(2)} ms`);
    assert.ok(median <= SERVER_TIME_MAX_MS, `${path}: ${median} ms`);
  }
  agent.destroy();
});
