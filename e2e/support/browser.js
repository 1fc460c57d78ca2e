// Opens pages in Chromium in one of several modes, and checks what must hold on every page.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import { chromium } from "playwright-core";

const SCREENSHOTS = process.env.HERMES_E2E_SCREENSHOTS ?? new URL("../screenshots", import.meta.url).pathname;
const CHROMIUM = process.env.HERMES_E2E_CHROMIUM ?? "/usr/bin/chromium";
const HEIGHTS = { 320: 640, 390: 844, 1440: 900 };
const LOCALES = { en: "en-GB", es: "es-ES" };
// A browser's default size of text, in pixels.
const TEXT_PX = 16;

/** Starts the browser. Containers do not permit its sandbox. */
export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

/**
 * How a page is shown. `text` is a factor of the size of text. `scripts` is `on`, `off` as a setting of the browser, or
 * `missing`, as if the network had lost them; axe needs a browser that runs scripts.
 */
export function mode(changes = {}) {
  return { width: 390, colours: "light", forced: false, language: "en", text: 1, scripts: "on", ...changes };
}

/**
 * Opens a tab with a new profile. Everything that goes wrong in it fails the test when the tab is closed: an exception or an error in
 * the console, which includes violations of the content security policy, and a request to another site.
 */
export async function openTab(browser, portal, how = mode()) {
  const context = await browser.newContext({
    baseURL: portal.url,
    viewport: { width: how.width, height: HEIGHTS[how.width] },
    colorScheme: how.colours,
    forcedColors: how.forced ? "active" : "none",
    locale: LOCALES[how.language],
    timezoneId: "Europe/Madrid",
    javaScriptEnabled: how.scripts !== "off",
    permissions: ["clipboard-read", "clipboard-write"],
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  const problems = watch(page, portal);
  if (how.scripts === "missing") {
    await context.route("**/*.js*", (route) => route.fulfill({ contentType: "text/javascript", body: "" }));
  }
  if (how.text !== 1) {
    const session = await context.newCDPSession(page);
    const size = how.text * TEXT_PX;
    await session.send("Page.setFontSizes", { fontSizes: { standard: size, fixed: size } });
  }
  const close = async () => {
    await context.close();
    assert.deepEqual(problems, []);
  };
  return { page, close };
}

function watch(page, portal) {
  const problems = [];
  page.on("pageerror", (error) => problems.push(`exception: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    // The console repeats the status of pages with errors (422), of unknown links (404), and of changes that come too late (409).
    const isStatus = /status of (404|409|422)/.test(message.text());
    if (message.type() === "error" && !isStatus) problems.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(portal.url) && !url.startsWith("data:")) problems.push(`request to ${url}`);
  });
  return problems;
}

/** Fails if axe finds anything, of any severity, or if the page scrolls sideways. */
export async function assertAccessible(page, where) {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, {
      resultTypes: ["violations"],
      rules: { "target-size": { enabled: true } },
    });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
  });
  assert.deepEqual(found, [], where);
  await assertNoSidewaysScroll(page, where);
}

/** Fails if something is wider than the page. */
export async function assertNoSidewaysScroll(page, where) {
  const wide = await page.evaluate(() => {
    const root = document.scrollingElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const all = [...document.querySelectorAll("body *")];
    return all.filter((one) => one.getBoundingClientRect().right > root.clientWidth + 1).map((one) => one.outerHTML.slice(0, 120));
  });
  assert.deepEqual(wide, [], `${where} scrolls sideways`);
}

/** Writes a picture of the whole page. A picture beyond the window would reset the size of text, so the window grows instead. */
export async function screenshot(page, folder, name) {
  await mkdir(join(SCREENSHOTS, folder), { recursive: true });
  const path = join(SCREENSHOTS, folder, `${name}.png`);
  const size = page.viewportSize();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ ...size, height: Math.max(height, size.height) });
  await page.screenshot({ path });
  await page.setViewportSize(size);
  return path;
}

/** Fails if the browser's default size of text is not `factor` times the usual one. */
export async function assertTextSize(page, factor, where) {
  const size = await page.evaluate(() => getComputedStyle(document.documentElement).fontSize);
  assert.equal(size, `${factor * TEXT_PX}px`, where);
}

/** Returns the number of sheets on which the page is printed. */
export async function sheets(page, format) {
  const pdf = await page.pdf({ format, preferCSSPageSize: false, printBackground: true });
  return pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length;
}
