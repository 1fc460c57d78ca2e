// The whole way of a payer by keyboard alone, with a visible focus at every step, and the links of error messages.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, mode, openTab, screenshot } from "../support/browser.js";
import { fillForm, send } from "../support/form.js";
import { ANA, Portal } from "../support/portal.js";

/** No page needs more steps from its start to any element. */
const STEPS_MAX = 40;

let browser;
let portal;

before(async () => {
  portal = await Portal.start();
  browser = await launch();
});

after(() => Promise.all([browser?.close(), portal?.stop()]));

/** Describes the element with the focus: whether it can be seen, and how the focus shows. */
function focused(page) {
  return page.evaluate(async () => {
    // The browser scrolls to the element with the next frame.
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const element = document.activeElement;
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return {
      html: element.outerHTML.slice(0, 100),
      isInView: box.width > 0 && box.top > -1 && box.bottom < innerHeight + 1 && box.left > -1 && box.right < innerWidth + 1,
      outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    };
  });
}

/** Presses Tab until an element has the focus. Every step in between must be in view and show its focus. */
async function tabTo(page, selector) {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
    await page.keyboard.press("Tab");
    const now = await focused(page);
    // After the last element, the focus leaves the page.
    if (now.html.startsWith("<body")) continue;
    assert.ok(now.isInView && now.outline >= 2, `the focus cannot be seen: ${JSON.stringify(now)}`);
  }
  assert.fail(`Tab does not reach ${selector}`);
}

async function enter(page, id, text) {
  await tabTo(page, `#${id}`);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}

for (const width of [390, 1440]) {
  test(`booking, correcting and printing by keyboard at ${width}`, async () => {
    const { page, close } = await openTab(browser, portal, mode({ width }));
    await page.goto("/payment");
    await page.keyboard.press("Tab");
    assert.match((await focused(page)).html, /class="skip"/, "the first step skips to the content");
    await page.keyboard.press("Enter");
    await enter(page, "school", ANA.school);
    await enter(page, "student_id", ANA.student_id);
    await enter(page, "amount", "5300");
    await tabTo(page, "#currency_from");
    await page.keyboard.type("EUR");
    await enter(page, "name", ANA.name);
    await enter(page, "email", `keyboard-${width}@example.org`);
    await tabTo(page, "summary");
    await page.keyboard.press("Enter");
    await enter(page, "sender_full_name", "Luis Ruiz");
    await page.keyboard.press("Enter");

    await page.waitForURL("**/payment/check");
    await tabTo(page, "main form > button[type=submit]");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/payment\/REF\d+\//);
    await tabTo(page, "button.copy");
    await page.keyboard.press("Enter");
    await page.locator("button.copy").first().getByText("Copied").waitFor();
    assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^RF/);

    await tabTo(page, `a[href$="/change"]`);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/change");
    await enter(page, "name", "Ana María Ruiz");
    await page.keyboard.press("Enter");
    await page.locator(".rows").getByText("Ana María Ruiz").waitFor();
    await tabTo(page, `a[href$="/confirmation"]`);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/confirmation");
    await tabTo(page, "button.print");
    await close();
  });
}

const WRONG = { name: "", email: "", amount: "a lot", student_id: "x\u202ey" };

for (const how of [mode({ width: 320 }), mode(), mode({ width: 1440 }), mode({ text: 2 }), mode({ scripts: "off" })]) {
  const { width, text, scripts } = how;
  test(`error links show label and message at ${width} (text ${text}, scripts ${scripts})`, async () => {
    const { page, close } = await openTab(browser, portal, how);
    await fillForm(page, "en", WRONG);
    await send(page);
    assert.match(await page.title(), /^Error: /);
    await page.locator(".notice:focus").waitFor();
    const links = page.locator(".notice a");
    assert.equal(await links.count(), Object.keys(WRONG).length);
    for (const link of await links.all()) {
      const id = (await link.getAttribute("href")).slice(1);
      await link.focus();
      await page.keyboard.press("Enter");
      const shown = await page.evaluate((field) => {
        const parts = [`label[for="${field}"]`, `#${field}-error`, `#${field}`];
        const boxes = parts.map((part) => document.querySelector(part).getBoundingClientRect());
        return boxes.map((box) => box.height > 0 && box.top >= 0 && box.bottom <= innerHeight);
      }, id);
      assert.deepEqual(shown, [true, true, true], `label, message and field of ${id}`);
      assert.equal(await page.evaluate(() => document.activeElement.id), id);
    }
    await screenshot(page, "errors", `${width}-text-${text}-scripts-${scripts}`);
    await close();
  });
}
