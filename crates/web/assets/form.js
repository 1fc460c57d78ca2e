// Shows the fee and the total while the payer types the amount. The server computes both.
"use strict";

// A page that answers a form has no address, so Back would only offer to send the form again. After the payer has
// confirmed the booking, Back requests an address that leads to the payment.
for (const form of document.querySelectorAll("form[data-back]")) {
  form.addEventListener("submit", ({ submitter }) => {
    if (!submitter?.hasAttribute("formaction")) history.replaceState(null, "", form.dataset.back);
  });
}

(() => {
  const DELAY_MS = 300;
  const TIMEOUT_MS = 5000;
  const quote = document.getElementById("quote");
  const status = document.getElementById("quote-status");
  const amount = document.getElementById("amount");
  if (!quote || !amount) return;
  const form = amount.form;
  const initial = [...quote.childNodes].map((node) => node.cloneNode(true));
  let timer = 0;
  let request = 0;

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(update, DELAY_MS);
  }

  async function update() {
    request += 1;
    const own = request;
    const lines = amount.value.trim() === "" ? [] : await load().catch(() => []);
    // A later request replaces this one.
    if (own === request) show(lines);
  }

  async function load() {
    const names = ["amount", "currency_from", "language"];
    const body = new URLSearchParams(names.map((name) => [name, form.elements[name].value]));
    const response = await fetch("/payment/quote", { method: "POST", body, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return response.ok ? (await response.json()).lines : [];
  }

  function show(lines) {
    if (lines.length === 0) {
      quote.replaceChildren(...initial.map((node) => node.cloneNode(true)));
      status.textContent = "";
      return;
    }
    const list = document.createElement("dl");
    list.className = "sums";
    lines.forEach(([label, text], index) => list.append(row(label, text, index === lines.length - 1)));
    quote.replaceChildren(list);
    status.textContent = lines.at(-1).join(": ");
  }

  function row(label, text, isTotal) {
    const row = document.createElement("div");
    if (isTotal) row.className = "total";
    const [term, value] = ["dt", "dd"].map((name) => document.createElement(name));
    term.textContent = label;
    value.textContent = text;
    row.append(term, value);
    return row;
  }

  amount.addEventListener("input", schedule);
  document.getElementById("currency_from")?.addEventListener("change", update);
  if (amount.value.trim() !== "") update();
})();
