// The whole way of a payer: form, check, payment, correction, withdrawal, receipt, confirmation.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, mode, openTab, screenshot } from "../support/browser.js";
import { bookWithForm, fillForm, send, TEXTS } from "../support/form.js";
import { ANA, Portal } from "../support/portal.js";

let browser;
let portal;

before(async () => {
  portal = await Portal.start();
  browser = await launch();
});

after(() => Promise.all([browser?.close(), portal?.stop()]));

/** Returns the payment whose page has a path. */
function paymentOf(path) {
  return { reference: path.split("/")[2], due: "5459.00", currency: "EUR" };
}

for (const language of ["en", "es"]) {
  for (const scripts of ["on", "off"]) {
    test(`booking, paying and printing in ${language} with scripts ${scripts}`, async () => {
      const texts = TEXTS[language];
      const { page, close } = await openTab(browser, portal, mode({ language, scripts }));
      await fillForm(page, language, { email: `${language}-${scripts}@example.org` });
      await send(page);
      const main = page.locator("main");
      for (const answer of [ANA.name, ANA.student_id, texts.amount, texts.toPay]) {
        await main.getByText(answer).first().waitFor();
      }
      // The link to change an answer leads to its field, with all answers.
      await page.locator("button[name=change][value=student_id]").click();
      await page.locator("#student_id:focus").waitFor();
      assert.equal(await page.inputValue("#name"), ANA.name);
      await page.fill("#student_id", "LAW-2042");
      await send(page);
      await main.getByText("LAW-2042").waitFor();
      await send(page);

      await page.waitForURL(/\/payment\/REF\d+\//);
      const path = new URL(page.url()).pathname;
      await main.getByText(texts.toPay).first().waitFor();
      await main.getByText("DE02 1203 0000 0000 2020 51").waitFor();
      await main.getByText(texts.waiting).waitFor();
      assert.equal(await page.locator("button.copy").first().isVisible(), scripts === "on");

      await portal.receive(paymentOf(path));
      await page.reload();
      assert.match(await page.locator("h1").innerText(), new RegExp(texts.paid));
      await page.locator(`a[href$="/confirmation"]`).click();
      await page.getByText(texts.toPay).first().waitFor();
      assert.match(await page.locator("h1").innerText(), new RegExp(paymentOf(path).reference));
      await close();
    });
  }
}

test("Back after a booking leads to the payment", async () => {
  const { page, close } = await openTab(browser, portal);
  const path = await bookWithForm(page, "en", { email: "back@example.org" });
  await page.goBack();
  assert.equal(new URL(page.url()).pathname, path);
  await page.getByText("You already booked this payment.").waitFor();
  await page.goBack();
  assert.equal(new URL(page.url()).pathname, "/payment");
  await close();
});

test("correcting and withdrawing a payment for which nothing has arrived", async () => {
  const { page, close } = await openTab(browser, portal);
  const path = await bookWithForm(page, "en", { email: "withdrawn@example.org" });
  await page.locator(`a[href$="/change"]`).click();
  await page.fill("#amount", "100");
  await send(page);
  await page.locator(".large").getByText("105.00").waitFor();
  await page.locator(`a[href$="/change"]`).click();
  await page.locator(`a[href$="/withdraw"]`).click();
  await send(page);
  await page.waitForURL(`**${path}`);
  assert.match(await page.locator("h1").innerText(), /Cancelled/);
  assert.equal(await page.locator(".slip").count(), 0, "no bank details remain");
  await close();
});

test("the page follows the payment while it is open, with its focus, position and language", async () => {
  const { page, close } = await openTab(browser, portal);
  const path = await bookWithForm(page, "en", { email: "open@example.org" });
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.id);
  const copy = page.getByRole("button", { name: "Copy IBAN" });
  await copy.click();
  await page.evaluate(() => scrollTo(0, 300));
  // Another tab of the browser switches the language.
  const other = await page.context().newPage();
  await other.goto("/payment?lang=es");
  await other.close();
  await portal.receive(paymentOf(path), "1000.00");
  // The page asks at once when it becomes visible, and otherwise every 30 seconds.
  const visible = () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await visible();
  await page.locator(".large").getByText("4,459.00").waitFor();
  assert.equal(await focused(), "Copy IBAN");
  assert.equal(await page.evaluate(() => scrollY), 300);
  await page.locator("h1").getByText("Left to pay").waitFor();
  assert.match(await page.title(), /Part paid/);
  await portal.receive(paymentOf(path), "4459.00");
  await visible();
  await page.locator("h1").getByText("Paid").waitFor();
  // The button is gone, so the content has the focus.
  assert.equal(await focused(), "main");
  await screenshot(page, "journey", "paid-while-open");
  await close();
});

test("the fee and the total appear while the payer types", async () => {
  const { page, close } = await openTab(browser, portal);
  await page.goto("/payment");
  await page.selectOption("#currency_from", "EUR");
  await page.locator("#amount").pressSequentially("5,300.00");
  await page.locator("#quote").getByText("5,459.00").waitFor();
  assert.match(await page.locator("#quote-status").innerText(), /5,459\.00/);
  await page.fill("#amount", "a lot");
  await page.locator("#quote").getByText("5,459.00").waitFor({ state: "detached" });
  await close();
});

test("the copy buttons copy what a bank accepts", async () => {
  const { page, close } = await openTab(browser, portal);
  await bookWithForm(page, "en", { email: "copy@example.org" });
  const copied = [];
  for (const button of await page.locator("button.copy").all()) {
    await button.click();
    copied.push(await page.evaluate(() => navigator.clipboard.readText()));
  }
  assert.match(copied[0], /^RF\d\dREF\d+$/);
  assert.deepEqual(copied.slice(1), ["Example University", "DE02120300000000202051", "BYLADEM1001", "5459.00"]);
  await close();
});

test("a link fills the form", async () => {
  const { page, close } = await openTab(browser, portal);
  await page.goto("/payment?school=Medicine&invoice=2026-117&amount=99.50&currency_from=GBP");
  const values = await page.evaluate(() => ["school", "student_id", "amount", "currency_from"].map((id) => document.getElementById(id).value));
  assert.deepEqual(values, ["Medicine", "2026-117", "99.50", "GBP"]);
  await close();
});

test("a suggested e-mail address replaces the typed one", async () => {
  const { page, close } = await openTab(browser, portal);
  await fillForm(page, "en", { email: "ana.ruiz@gmial.com" });
  await send(page);
  await page.getByRole("button", { name: "ana.ruiz@gmail.com" }).click();
  await page.locator(".rows").getByText("ana.ruiz@gmail.com").waitFor();
  assert.equal(await page.locator(".notice.warn").count(), 0);
  await close();
});
