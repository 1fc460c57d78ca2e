// Every page in every mode: nothing for axe to find, nothing wider than the screen, no error in the browser.

import { after, before, test } from "node:test";
import { assertAccessible, assertTextSize, launch, mode, openTab, screenshot } from "../support/browser.js";
import { Portal } from "../support/portal.js";
import { preparePayments, SCENES } from "../support/scenes.js";

const MODES = {
  "390-light": mode(),
  "390-dark-spanish": mode({ colours: "dark", language: "es" }),
  "320-spanish": mode({ width: 320, language: "es" }),
  "320-text-200": mode({ width: 320, text: 2 }),
  "390-text-200-spanish": mode({ text: 2, language: "es" }),
  "390-forced-colours": mode({ forced: true, colours: "dark" }),
  "390-no-scripts": mode({ scripts: "missing" }),
  "1440-light-spanish": mode({ width: 1440, language: "es" }),
  "1440-dark": mode({ width: 1440, colours: "dark" }),
  "1440-forced-colours": mode({ width: 1440, forced: true }),
  "1440-text-200": mode({ width: 1440, text: 2 }),
};

let browser;
let portal;
let payments;

before(async () => {
  portal = await Portal.start({ config: "institution" });
  browser = await launch();
  payments = await preparePayments(portal);
});

after(() => Promise.all([browser?.close(), portal?.stop()]));

for (const [name, how] of Object.entries(MODES)) {
  test(`pages at ${name}`, async (context) => {
    for (const [scene, open] of Object.entries(SCENES)) {
      await context.test(scene, async () => {
        const { page, close } = await openTab(browser, portal, how);
        await open(page, { ...how, name }, payments);
        await screenshot(page, name, scene);
        await assertAccessible(page, `${scene} at ${name}`);
        await assertTextSize(page, how.text, `${scene} at ${name}`);
        await close();
      });
    }
  });
}
