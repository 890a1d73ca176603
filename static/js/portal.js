// Enhancement only: every page works without this file.
(() => {
  "use strict";
  const all = (selector, root = document) => root.querySelectorAll(selector);

  // The error summary takes focus, so that a reader hears it first.
  document.querySelector("[data-focus]")?.focus();

  // A double click is one submission. Only POST: a GET form may be sent again after going back.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // Who signs out leaves nothing typed at the counter on this machine (draft.js).
    if (form.action?.endsWith?.("/logout/")) sessionStorage.clear();
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => all("button", form).forEach((button) => { button.disabled = true; }));
    setTimeout(release, 10000, form); // an answer that is a download leaves the page where it is
  });
  const release = (form) => {
    delete form.dataset.sent;
    all("button", form).forEach((button) => { button.disabled = false; });
  };
  addEventListener("pageshow", (event) => {
    if (event.persisted) all("form[data-sent]").forEach(release);
  });

  // Everything folded is printed; what was closed is closed again.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...all("main details:not([open]):not(.facet)")];
    opened.forEach((details) => { details.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((details) => { details.open = false; }));
  all("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => print());
  });

  // Menus and filter panels close on Escape and on a click elsewhere; only one filter is open.
  const folds = ".facet[open], .site-menu[open]";
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all(folds).forEach((fold) => { fold.open = false; fold.querySelector("summary").focus(); });
  });
  document.addEventListener("click", (event) => {
    all(folds).forEach((fold) => { if (!fold.contains(event.target)) fold.open = false; });
  });

  // Progress bars ask how far their job is, less and less often.
  all("[data-progress]:not([data-done])").forEach((box) => {
    let wait = 1000;
    const part = (name) => box.querySelector(`[data-progress-${name}]`);
    const ask = async () => {
      try {
        const answer = await fetch(box.dataset.progress, { headers: { Accept: "application/json" } });
        if (answer.ok) {
          const job = await answer.json();
          box.querySelector("progress").value = job.percent;
          part("state").textContent = job.state_label;
          part("message").textContent = job.message;
          if (job.result_url) {
            part("result").hidden = false;
            part("result").querySelector("a").href = job.result_url;
          }
          if (job.state === "succeeded" || job.state === "failed") return;
        }
      } catch { part("message").textContent = "暂时连不上服务器，稍后再试。"; }
      wait = Math.min(wait * 1.3, 10000);
      setTimeout(ask, wait);
    };
    setTimeout(ask, wait);
  });
})();
