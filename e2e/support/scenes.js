// Every page that a payer can reach, in every state.

import { bookWithForm, fillForm, send } from "./form.js";

/** Creates the payments of the scenes. Each has another payer, so that none looks like a duplicate of another. */
export async function preparePayments(portal) {
  const names = ["unpaid", "dollars", "part", "paid", "overpaid", "cancelled", "refund", "refunded", "doubtful"];
  const changes = {
    dollars: { currency_from: "USD", amount: "12500.50", sender_full_name: "Luis Ruiz", country_from: "Chile", sender_address: "Av. Providencia 1208, Santiago" },
    doubtful: { email: "ana.ruiz@nowhere", amount: "2000000.00" },
  };
  const payments = {};
  for (const name of names) {
    payments[name] = await portal.book({ email: `${name}@example.org`, ...changes[name] });
  }
  await portal.receive(payments.part, "2000.00");
  await portal.receive(payments.paid);
  await portal.receive(payments.overpaid, "6000.00");
  await portal.cancel(payments.cancelled, "booked twice");
  await portal.receive(payments.refund, "1000.00");
  await portal.cancel(payments.refund, "the course does not take place");
  const receipt = await portal.receive(payments.refunded, "1000.00");
  await portal.cancel(payments.refunded, "the course does not take place");
  await portal.refund(receipt);
  return payments;
}

const WRONG = { name: "", email: "", amount: "35.000" };

/** The scenes: each opens a page. `how` is the mode of the tab, `payments` are those of {@link preparePayments}. */
export const SCENES = {
  form: (page) => page.goto("/payment"),
  "form-sender": async (page) => {
    await page.goto("/payment");
    await page.locator("details summary").click();
  },
  "form-errors": async (page, how) => {
    await fillForm(page, how.language, WRONG);
    await send(page);
  },
  check: async (page, how) => {
    await fillForm(page, how.language);
    await send(page);
  },
  "check-email": async (page, how) => {
    await fillForm(page, how.language, { email: "ana.ruiz@gmial.com" });
    await send(page);
  },
  "second-booking": async (page, how) => {
    await fillForm(page, how.language, { email: `second-${how.name}@example.org` });
    await send(page);
    await page.waitForSelector("main form");
    const fields = await page.evaluate(() => [...new FormData(document.querySelector("main form"))]);
    await send(page);
    await page.waitForURL(/REF\d+/);
    // The same form again, with another amount, as from a second tab.
    await page.goto("/payment");
    await page.evaluate((old) => {
      const form = document.querySelector("main form");
      form.action = "/payment";
      form.replaceChildren();
      for (const [name, value] of old) {
        const input = form.appendChild(document.createElement("input"));
        input.name = name;
        input.value = name === "amount" ? "700" : value;
      }
      form.submit();
    }, fields);
    await page.waitForSelector(".notice.warn");
  },
  unpaid: (page, how, payments) => page.goto(payments.unpaid.path),
  dollars: (page, how, payments) => page.goto(payments.dollars.path),
  doubtful: (page, how, payments) => page.goto(payments.doubtful.path),
  part: (page, how, payments) => page.goto(payments.part.path),
  paid: (page, how, payments) => page.goto(payments.paid.path),
  overpaid: (page, how, payments) => page.goto(payments.overpaid.path),
  cancelled: (page, how, payments) => page.goto(payments.cancelled.path),
  refund: (page, how, payments) => page.goto(payments.refund.path),
  refunded: (page, how, payments) => page.goto(payments.refunded.path),
  confirmation: (page, how, payments) => page.goto(`${payments.paid.path}/confirmation`),
  "confirmation-unpaid": (page, how, payments) => page.goto(`${payments.unpaid.path}/confirmation`),
  change: (page, how, payments) => page.goto(`${payments.unpaid.path}/change`),
  "change-errors": async (page, how, payments) => {
    await page.goto(`${payments.unpaid.path}/change`);
    await page.fill("#name", "");
    await page.fill("#amount", "a lot");
    await send(page);
  },
  changed: async (page, how) => {
    const path = await bookWithForm(page, how.language, { email: `changed-${how.name}@example.org` });
    await page.goto(`${path}/change`);
    await page.fill("#amount", "700");
    await send(page);
  },
  withdraw: (page, how, payments) => page.goto(`${payments.unpaid.path}/withdraw`),
  "too-late": (page, how, payments) => page.goto(`${payments.paid.path}/change`),
  unknown: (page) => page.goto("/payment/REF001/unknown"),
  lost: (page) => page.goto("/payment/lost"),
  privacy: (page) => page.goto("/privacy"),
  accessibility: (page) => page.goto("/accessibility"),
};
