// Hostile answers: a page shows them as text or rejects them, on the screen and on paper.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertNoSidewaysScroll, launch, mode, openTab, screenshot, sheets } from "../support/browser.js";
import { fillForm, send } from "../support/form.js";
import { Portal } from "../support/portal.js";

const TEXTS = {
  script: "<script>alert(1)</script>",
  image: `"><img src=x onerror=alert(1)>`,
  "right-to-left override": "Ana \u202egnp.exe",
  isolates: "\u2066Ana\u2069 \u2067Ruiz",
  "right-to-left letters": "(آنا) 5,300.00 EUR",
  "500 combining marks": `A${"\u0301\u0489".repeat(250)}`,
  "60 combining marks": `A${"\u0301\u0316".repeat(30)}`,
  "joined emoji": "👩\u200d👩\u200d👧\u200d👦",
  "four-byte characters": "𝔄𝔫𝔞 👩 𠜎",
  "100 characters without a space": "W".repeat(100),
  "200 characters without a space": "W".repeat(200),
  "a line break": "Ana\nBcc: eve@example.org",
  template: "{{ 7 * 7 }} ${7*7} %s %n",
  "only spaces": "\u00a0\u2003\u3000",
};
const FIELDS = ["name", "school", "student_id", "sender_full_name", "country_from", "sender_address"];
/** Answers of 200 wide letters fill more than the one sheet that the confirmation otherwise takes. */
const SHEETS_MAX = 3;

let browser;
let portal;

before(async () => {
  portal = await Portal.start();
  browser = await launch();
});

after(() => Promise.all([browser?.close(), portal?.stop()]));

async function assertShownAsText(page, text, where) {
  await assertNoSidewaysScroll(page, where);
  const markup = await page.evaluate(() => document.querySelectorAll("main script, main img[src=x]").length);
  assert.equal(markup, 0, `${where} contains the answer as markup`);
  const shown = await page.locator("main bdi").allInnerTexts();
  // A text field turns a line break into a space.
  assert.ok(shown.includes(text.replace("\n", " ")), `${where} does not show ${JSON.stringify(text)}: ${JSON.stringify(shown)}`);
}

for (const [name, text] of Object.entries(TEXTS)) {
  test(`hostile answers: ${name}`, async (context) => {
    const { page, close } = await openTab(browser, portal, mode({ width: 320 }));
    const slug = name.replaceAll(" ", "-");
    const answers = Object.fromEntries(FIELDS.map((field) => [field, text]));
    await fillForm(page, "en", { ...answers, email: `${slug}@example.org` });
    await send(page);
    await screenshot(page, "hostile", `${slug}-1-check`);
    await assertNoSidewaysScroll(page, name);
    // The answers that are rejected have a message each. The payer removes them and continues with the rest.
    const rejected = await page.locator(".field.wrong input").evaluateAll((inputs) => inputs.map((input) => input.id));
    context.diagnostic(`rejected: ${rejected.join(", ") || "none"}`);
    if (rejected.length > 0) {
      for (const field of rejected) await page.fill(`#${field}`, "plain");
      await send(page);
    }
    const accepted = FIELDS.filter((field) => !rejected.includes(field));
    if (accepted.length > 0 && name !== "only spaces") await assertShownAsText(page, text, "the check");
    await send(page);
    await page.waitForURL(/\/payment\/REF\d+\//);
    const path = new URL(page.url()).pathname;
    for (const address of [path, `${path}/confirmation`]) {
      await page.goto(address);
      await screenshot(page, "hostile", `${slug}-${address === path ? "2-payment" : "3-confirmation"}`);
      if (accepted.length > 0 && name !== "only spaces") await assertShownAsText(page, text, address);
      const count = await sheets(page, "A4");
      assert.ok(count <= (text.includes("WW") ? SHEETS_MAX : 2), `${address} on paper: ${count} sheets`);
    }
    await close();
  });
}
