// Keeps the dashboard fresh: fetches the page it is on and swaps the parts that have changed.
// Without this script the page renews itself as a whole (see the noscript element).
"use strict";

(() => {
  const PERIOD_MS = 3000;
  const DEADLINE_MS = 10000;
  const connection = document.getElementById("connection");
  let timer = 0;
  let asking = false;

  async function refresh() {
    clearTimeout(timer);
    if (asking || document.hidden) return;
    asking = true;
    try {
      show(await fetchParts());
    } catch (error) {
      // What browsers say of lost connections means nothing to people; what this script says does.
      const reason = error.name === "Error" ? ` (${error.message})` : "";
      tell(`Connection lost${reason}. Showing data from ${dataTime()} UTC.`);
    }
    asking = false;
    if (!document.hidden) timer = setTimeout(refresh, PERIOD_MS);
  }

  // The parts of the page as they are now, each with the one it takes the place of.
  async function fetchParts() {
    const response = await fetch(location.pathname + location.search, {
      cache: "no-store",
      headers: { Accept: "text/html" },
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const parts = [...document.querySelectorAll("[data-live]")].map((old) => [old, page.getElementById(old.id)]);
    if (parts.some(([, fresh]) => fresh === null)) throw new Error("unexpected answer");
    return parts;
  }

  function show(parts) {
    if (parts.some(([old]) => holdsSelection(old))) {
      tell(`Paused while text is selected. Showing data from ${dataTime()} UTC.`);
      return;
    }
    connection.hidden = true;
    const top = scrollY;
    for (const [old, fresh] of parts) {
      if (old.outerHTML !== fresh.outerHTML) swap(old, fresh);
    }
    if (scrollY !== top) scrollTo({ top, behavior: "instant" });
  }

  // Keeps the focus and the sideways scroll of a part.
  function swap(old, fresh) {
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const left = old.querySelector(".scroll")?.scrollLeft ?? 0;
    old.replaceWith(fresh);
    const scroller = fresh.querySelector(".scroll");
    if (scroller) scroller.scrollLeft = left;
    if (focused) twinOf(focused, fresh)?.focus({ preventScroll: true });
  }

  function twinOf(element, part) {
    const twins = [...part.querySelectorAll(element.localName)];
    const same = (name) => (twin) =>
      element.hasAttribute(name) && twin.getAttribute(name) === element.getAttribute(name);
    return twins.find(same("rel")) ?? twins.find(same("href")) ?? twins.find(same("tabindex"));
  }

  function holdsSelection(part) {
    const selection = getSelection();
    return selection !== null && !selection.isCollapsed && part.contains(selection.anchorNode);
  }

  function dataTime() {
    return document.querySelector("#as-of time").textContent;
  }

  function tell(text) {
    if (connection.textContent !== text) connection.textContent = text;
    connection.hidden = false;
  }

  document.addEventListener("visibilitychange", refresh);
  timer = setTimeout(refresh, PERIOD_MS);
})();
