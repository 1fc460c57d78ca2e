// The page of a payment: copies texts, shows times in the time zone of the browser, and keeps the page current.
"use strict";

(() => {
  const PERIOD_MS = 30000;
  const TIMEOUT_MS = 10000;
  const COPIED_MS = 2000;
  const updates = document.getElementById("updates");
  let timer = 0;

  // Copying works only in a secure context. Until then, the buttons take their space but are not shown.
  function prepare() {
    document.documentElement.classList.toggle("can-copy", Boolean(navigator.clipboard));
    const mail = document.getElementById("mail-link");
    if (mail) mail.href = mail.href.replace(/body=.*$/, `body=${encodeURIComponent(pageAddress())}`);
    const format = new Intl.DateTimeFormat(document.documentElement.lang, {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    });
    for (const time of document.querySelectorAll("main time")) {
      const parts = Object.fromEntries(format.formatToParts(new Date(time.dateTime)).map((part) => [part.type, part.value]));
      const { day, month, year, hour, minute } = parts;
      time.textContent = `${day} ${month.replace(".", "")} ${year}, ${hour}:${minute}`;
    }
  }

  // Paper shows the address of the page, without which the payer could not open it again. A portal that does not know
  // its own address leaves it to this script.
  function addPrintedAddress() {
    if (document.querySelector(".printed-address")) return;
    const line = document.createElement("p");
    line.className = "printed-address";
    line.textContent = pageAddress();
    document.querySelector(".site-end").append(line);
  }

  function pageAddress() {
    return location.origin + location.pathname;
  }

  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    button.dataset.label ??= button.textContent;
    button.textContent = updates.dataset.copied;
    updates.textContent = updates.dataset.copied;
    setTimeout(() => {
      button.textContent = button.dataset.label;
      updates.textContent = "";
    }, COPIED_MS);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.matches("[data-copy]")) copy(button, button.dataset.copy);
    if (button?.matches(".copy-link")) copy(button, pageAddress());
    if (button?.matches(".print")) print();
  });

  async function refresh() {
    clearTimeout(timer);
    if (document.hidden) return;
    await load().catch(() => {});
    clearTimeout(timer);
    timer = setTimeout(refresh, PERIOD_MS);
  }

  async function load() {
    const live = document.getElementById("live");
    const headers = {
      Accept: "text/html", "Accept-Language": document.documentElement.lang, "If-None-Match": live.dataset.tag,
    };
    // The cookie would override the language of this page if another tab has switched it.
    const options = { cache: "no-store", credentials: "omit", headers, signal: AbortSignal.timeout(TIMEOUT_MS) };
    const response = await fetch(location.pathname, options);
    if (response.status !== 200) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const current = page.getElementById("live");
    if (!current || hasSelection(live)) return;
    document.title = page.title;
    show(live, current);
  }

  // A selection is not disturbed. The next request tries again.
  function hasSelection(live) {
    const selection = getSelection();
    return !selection.isCollapsed && live.contains(selection.anchorNode);
  }

  // Preserves the focus and the position on the page. If the element with the focus is gone, the content gets the focus.
  function show(old, current) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const top = scrollY;
    old.replaceWith(current);
    prepare();
    if (focused) (counterpartOf(focused, current) ?? document.getElementById("main")).focus({ preventScroll: true });
    if (scrollY !== top) scrollTo({ top, behavior: "instant" });
    updates.textContent = updates.dataset.updated;
  }

  function counterpartOf(element, part) {
    const name = ["href", "aria-label", "class"].find((attribute) => element.hasAttribute(attribute));
    const isSame = (candidate) => candidate.getAttribute(name) === element.getAttribute(name);
    return [...part.querySelectorAll(element.localName)].find(isSame);
  }

  prepare();
  addPrintedAddress();
  if (document.getElementById("live")) {
    document.addEventListener("visibilitychange", refresh);
    timer = setTimeout(refresh, PERIOD_MS);
  }
})();
