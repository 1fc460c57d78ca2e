// What a page may cost: bytes on the wire, shifts of its layout, and, in the long form, time of the server.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, mode, openTab } from "../support/browser.js";
import { bookWithForm, fillForm, send } from "../support/form.js";
import { Portal } from "../support/portal.js";

/** A page with everything has at most 40 KiB on the wire. A logo may have 16 of them (`institution.logo_file`). */
const WEIGHT_MAX = (40 - 16) * 1024;

let browser;
let portal;
let payment;

before(async () => {
  [portal, browser] = await Promise.all([Portal.start(), launch()]);
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

for (const width of [320, 390, 1440]) {
  test(`nothing moves while pages load and the payer types at ${width}`, async () => {
    const { page, close } = await openTab(browser, portal, mode({ width }));
    await page.addInitScript(recordShifts);
    const assertStill = async (where) => {
      // Two frames: the observer reports a shift after the frame that shows it.
      const shifts = await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => resolve(globalThis.shifts))))),
      );
      assert.deepEqual(shifts, [], where);
    };
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
