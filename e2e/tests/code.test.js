// The payment code: a scanner reads it from the screen and from paper, and it has the content that another library writes.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { launch, mode, openTab } from "../support/browser.js";
import { Portal } from "../support/portal.js";
import { PYTHON } from "../support/python.js";

const SCRIPT = new URL("../support/read_code.py", import.meta.url).pathname;
const FOLDER = new URL("../screenshots/code", import.meta.url).pathname;

let browser;
let portal;

before(async () => {
  // An example account has no code.
  portal = await Portal.start({ config: "institution" });
  browser = await launch();
  await mkdir(FOLDER, { recursive: true });
});

after(() => Promise.all([browser?.close(), portal?.stop()]));

for (const [name, changes] of Object.entries({
  light: {},
  dark: { colours: "dark" },
  forced: { forced: true, colours: "dark" },
  print: { colours: "dark" },
})) {
  test(`a scanner reads the code: ${name}`, async () => {
    // Without zeros at the end, which segno omits.
    const payment = await portal.book({ email: `${name}@example.org`, amount: "5300.37" });
    const { page, close } = await openTab(browser, portal, mode({ width: 1440, ...changes }));
    await page.goto(payment.path);
    if (name === "print") await page.emulateMedia({ media: "print" });
    const image = page.locator(".code img");
    await image.scrollIntoViewIfNeeded();
    await image.evaluate((element) => element.decode());
    const picture = `${FOLDER}/${name}.png`;
    // The whole window, as a phone sees it.
    await page.screenshot({ path: picture });
    const reference = await page.locator("#reference").innerText();
    const transfer = { name: "Universidad de Ejemplo", iban: "ES9121000418450200051332", bic: "CAIXESBBXXX", amount: payment.due, reference };
    const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, picture, JSON.stringify(transfer)]);
    const { read, expected } = JSON.parse(stdout);
    assert.equal(read, expected);
    assert.match(read, /\nEUR5459\.38\n/);
    await close();
  });
}

test("a small screen, a currency without a code and a paid payment show none", async () => {
  const payment = await portal.book({ email: "none@example.org" });
  const dollars = await portal.book({ email: "dollars@example.org", currency_from: "USD" });
  const { page, close } = await openTab(browser, portal);
  await page.goto(payment.path);
  assert.ok(!(await page.locator(".code img").isVisible()));
  await page.goto(dollars.path);
  assert.equal(await page.locator(".code img").count(), 0);
  await portal.receive(payment);
  await page.goto(payment.path);
  assert.equal(await page.locator(".code img").count(), 0);
  await close();
});
