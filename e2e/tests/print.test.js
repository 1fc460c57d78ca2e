// On paper: the confirmation takes one sheet, in any script; the page of a payment, with its code, at most two.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, mode, openTab, screenshot, sheets } from "../support/browser.js";
import { Portal } from "../support/portal.js";

/** Long and foreign answers. The lengths are those that the portal accepts. */
const PAYERS = {
  latin: { name: "Ana Ruiz" },
  chinese: { name: "王小明", school: "北京大学", student_id: "学号 2041" },
  arabic: { name: "آنا رويز", school: "جامعة الأمثلة" },
  long: {
    name: "María de los Ángeles Fernández-Cifuentes y Rodríguez de Santillana ".repeat(2).trim(),
    school: "Facultad de Ciencias Económicas y Empresariales, Departamento de Contabilidad",
    student_id: "W".repeat(50),
    sender_full_name: "W".repeat(60),
    country_from: "The Former Yugoslav Republic of Macedonia",
    sender_address: "A very long street name with many words, building 7, staircase B, 4th floor, door 12, 28001 Madrid, Spain. ".repeat(2).trim(),
  },
};

let browser;
let portal;

before(async () => {
  portal = await Portal.start({ config: "institution" });
  browser = await launch();
});

after(() => Promise.all([browser?.close(), portal?.stop()]));

for (const [name, changes] of Object.entries(PAYERS)) {
  test(`a payment and its confirmation on paper: ${name}`, async () => {
    const payment = await portal.book({ email: `${name}@example.org`, ...changes });
    await portal.receive(payment, "1000.00");
    for (const language of ["en", "es"]) {
      const { page, close } = await openTab(browser, portal, mode({ language, width: 1440, colours: "dark" }));
      for (const [kind, path, most] of [["confirmation", `${payment.path}/confirmation`, 1], ["payment", payment.path, 2]]) {
        await page.goto(path);
        for (const format of ["A4", "Letter"]) {
          const count = await sheets(page, format);
          assert.ok(count >= 1 && count <= most, `${kind} in ${language} on ${format}: ${count} sheets`);
        }
        // The picture has the width of the text on A4, in CSS pixels.
        await page.emulateMedia({ media: "print" });
        await page.setViewportSize({ width: 680, height: 1000 });
        await screenshot(page, `print-${language}`, `${name}-${kind}`);
        for (const hidden of ["button", "form", ".skip", ".language", ".actions"]) {
          const visible = await page.locator(hidden).filter({ visible: true }).count();
          assert.equal(visible, 0, `${hidden} on paper`);
        }
        await page.emulateMedia({ media: null });
        await page.setViewportSize({ width: 1440, height: 900 });
      }
      await close();
    }
  });
}
