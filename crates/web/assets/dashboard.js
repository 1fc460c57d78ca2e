// Refreshes the dashboard: loads the current page again and replaces the parts that changed.
// Without scripts, the browser reloads the whole page (see the noscript element).
"use strict";

(() => {
  const PERIOD_MS = 3000;
  const TIMEOUT_MS = 10000;
  const connection = document.getElementById("connection");
  let timer = 0;
  let isRefreshing = false;

  async function refresh() {
    clearTimeout(timer);
    if (isRefreshing || document.hidden) return;
    isRefreshing = true;
    try {
      update(await fetchParts());
    } catch (error) {
      // Browsers describe a lost connection in technical terms. Only the errors of this script are shown.
      const reason = error.name === "Error" ? ` (${error.message})` : "";
      showMessage(`Connection lost${reason}. Showing data from ${dataTime()} UTC.`);
    }
    isRefreshing = false;
    if (!document.hidden) timer = setTimeout(refresh, PERIOD_MS);
  }

  // Returns pairs of parts: the one on the page and its current state on the server.
  async function fetchParts() {
    const response = await fetch(location.pathname + location.search, {
      cache: "no-store",
      headers: { Accept: "text/html" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const parts = [...document.querySelectorAll("[data-live]")].map((old) => [old, page.getElementById(old.id)]);
    if (parts.some(([, current]) => current === null)) throw new Error("unexpected page");
    return parts;
  }

  function update(parts) {
    if (parts.some(([old]) => hasSelection(old))) {
      showMessage(`Paused while text is selected. Showing data from ${dataTime()} UTC.`);
      return;
    }
    connection.hidden = true;
    const top = scrollY;
    for (const [old, current] of parts) {
      if (old.outerHTML !== current.outerHTML) replacePart(old, current);
    }
    if (scrollY !== top) scrollTo({ top, behavior: "instant" });
  }

  // Preserves the focus and the horizontal scroll position.
  function replacePart(old, current) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const left = old.querySelector(".scroll")?.scrollLeft ?? 0;
    old.replaceWith(current);
    const scroller = current.querySelector(".scroll");
    if (scroller) scroller.scrollLeft = left;
    if (focused) counterpartOf(focused, current)?.focus({ preventScroll: true });
  }

  function counterpartOf(element, part) {
    const candidates = [...part.querySelectorAll(element.localName)];
    const hasSame = (name) => (candidate) =>
      element.hasAttribute(name) && candidate.getAttribute(name) === element.getAttribute(name);
    return candidates.find(hasSame("rel")) ?? candidates.find(hasSame("href")) ?? candidates.find(hasSame("tabindex"));
  }

  function hasSelection(part) {
    const selection = getSelection();
    return selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode);
  }

  function dataTime() {
    return document.querySelector("#as-of time").textContent;
  }

  function showMessage(text) {
    if (connection.textContent !== text) connection.textContent = text;
    connection.hidden = false;
  }

  document.addEventListener("visibilitychange", refresh);
  timer = setTimeout(refresh, PERIOD_MS);
})();
