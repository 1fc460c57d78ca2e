// Fills in the form as a payer does, in either language.

import { ANA } from "./portal.js";

/** What pages say, by language: only what the tests look for. */
export const TEXTS = {
  en: { amount: "5,300.00", toPay: "5,459.00", waiting: "Waiting for your transfer", paid: "Paid", cancelled: "Cancelled" },
  es: { amount: "5.300,00", toPay: "5.459,00", waiting: "Esperamos su transferencia", paid: "Pagado", cancelled: "Anulado" },
};

/** Opens the form and enters answers; those of Ana, unless `changes` replaces them. */
export async function fillForm(page, language = "en", changes = {}) {
  await page.goto("/payment");
  const answers = { ...ANA, amount: TEXTS[language].amount, ...changes };
  if ("sender_full_name" in changes) await page.locator("details summary").click();
  for (const [name, value] of Object.entries(answers)) {
    const field = page.locator(`#${name}`);
    if ((await field.evaluate((element) => element.tagName)) === "SELECT") await field.selectOption(value);
    else await field.fill(value);
  }
}

/** Sends the form that is open, and waits for the next page. */
export async function send(page) {
  const loaded = page.waitForEvent("load");
  await page.locator("main form").first().locator("button[type=submit]").last().click();
  await loaded;
}

/** Books a payment with the form and opens its page. Returns its path. */
export async function bookWithForm(page, language = "en", changes = {}) {
  await fillForm(page, language, changes);
  await send(page);
  await send(page);
  await page.waitForURL(/\/payment\/REF\d+\//);
  return new URL(page.url()).pathname;
}
