// The editor of conditions: more lines, only the fitting comparisons, and what it all means while typing.
// Enhancement only: without it the same form works and says the same on saving.
(() => {
  "use strict";
  document.addEventListener("DOMContentLoaded", () => {
    const rule = document.querySelector("[data-rule]");
    if (!rule) return;
    const form = rule.closest("form");
    const name = rule.dataset.rule;
    const body = rule.querySelector("tbody");
    const guide = new Map([...rule.querySelectorAll("[data-fact]")].map((row) => [row.dataset.fact, row]));

    const dress = (row) => {
      const [level, what, op] = row.querySelectorAll("select");
      const fact = guide.get(what.value);
      const fits = fact ? fact.dataset.ops.split(" ") : [];
      row.dataset.level = level.value;
      for (const option of op.options) option.hidden = option.value !== "" && !fits.includes(option.value);
      if (fact && !fits.includes(op.value)) op.value = fits[0];
      op.hidden = row.querySelector("input").hidden = !fact;
      row.querySelector(".rule-hint").textContent = fact ? fact.querySelector("dd").textContent : "";
    };

    const formula = document.getElementById("id_formula");
    const verdict = document.createElement("span");
    verdict.setAttribute("role", "status");
    formula?.after(verdict);

    let timer = 0, checked = 0;
    // Only the answer to the last question counts: an earlier one may arrive after it.
    const check = async () => {
      const turn = ++checked;
      const answer = await fetch(rule.dataset.check, { method: "POST", body: new FormData(form) }).catch(() => null);
      if (!answer?.ok) return;
      const found = await answer.json();
      if (turn !== checked) return;
      const sentence = rule.querySelector(".rule-sentence");
      sentence.hidden = !found.sentence;
      sentence.querySelector("b").textContent = found.sentence;
      rule.querySelectorAll(".rule-error").forEach((old) => old.remove());
      const row = body.rows[found.row ?? -1];
      if (found.error && row && row.querySelector("input").value) {
        const error = document.createElement("b");
        error.className = "rule-error";
        error.textContent = found.error;
        row.cells[3].append(error);
      }
      verdict.textContent = found.formula;
      verdict.className = found.formula_ok ? "rule-good" : "rule-bad";
    };
    const later = () => { clearTimeout(timer); timer = setTimeout(check, 500); };

    const add = rule.querySelector("[data-add]");
    add.hidden = false;
    add.addEventListener("click", () => {
      const last = body.rows[body.rows.length - 1];
      const row = last.cloneNode(true);
      const number = body.rows.length;
      row.querySelectorAll("[name]").forEach((part) => {
        part.name = part.name.replace(/-\d+-/, `-${number}-`);
        part.setAttribute("aria-label", part.getAttribute("aria-label").replace(/\d+/, number + 1));
        if (part.tagName === "INPUT") part.value = "";
        else part.selectedIndex = 0;
      });
      row.querySelector(".rule-error")?.remove();
      body.append(row);
      dress(row);
      row.querySelector("select").focus();
    });
    rule.addEventListener("change", (event) => {
      const row = event.target.closest("tr");
      if (row) dress(row);
      later();
    });
    rule.addEventListener("input", later);
    formula?.addEventListener("input", later);
    [...body.rows].forEach(dress);
    if (formula?.value) check();
  });
})();
