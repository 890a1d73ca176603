// 一次办: what follows from the answers, while they are given. Without this file the button asks for it.
(() => {
  "use strict";
  const form = document.querySelector("[data-compose]");
  const outcome = document.getElementById("outcome");
  if (!form || !outcome) return;
  const said = form.querySelector("[data-said]");
  const base = form.action.split("#")[0];
  let timer, asking;

  const refresh = async () => {
    asking?.abort();
    asking = new AbortController();
    const query = new URLSearchParams(new FormData(form)).toString();
    try {
      const answer = await fetch(`${base}?_part=1&${query}`, { signal: asking.signal });
      if (!answer.ok) throw new Error();
      // Only the outcome is drawn again, so that the focus stays where the answer was given.
      outcome.innerHTML = await answer.text();
      said.textContent = outcome.querySelector("[data-said]").dataset.said;
      history.replaceState(null, "", `${base}?${query}`);
      offerCopy();
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = "暂时连不上服务器。请点“看看我要办哪些”再试。";
    }
  };
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(refresh, 250); });

  // The address of this page holds the answers; the button is there where it can be copied.
  const offerCopy = () => {
    const button = outcome.querySelector("[data-copy]");
    if (!button || !navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.closest("p").querySelector("a").href);
        button.textContent = "已复制";
      } catch { button.textContent = "复制不了，请长按左边的链接"; }
    });
  };
  offerCopy();
})();
