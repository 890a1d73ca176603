// The counter's form, kept until it is saved, in case the tab is reloaded, left or closed by accident.
// In sessionStorage only: personal data must not stay on a machine that others use. It is gone when the
// form is saved, when somebody signs out (workbench.js) or another person signs in, and after a day.
(() => {
  "use strict";
  const PREFIX = "counter:";
  const forget = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => sessionStorage.removeItem(key));
  if (document.querySelector("[data-recorded]")) forget();

  const form = document.getElementById("counter-form"), place = document.getElementById("draft");
  if (!form || !place) return;
  const key = PREFIX + location.pathname, user = form.dataset.user;
  const SKIP = new Set(["csrfmiddlewaretoken", "confirmed", "recompute"]);
  const fields = () => [...new FormData(form)].filter(([name, value]) => !SKIP.has(name) && typeof value === "string");
  const read = () => {
    try {
      const found = JSON.parse(sessionStorage.getItem(key));
      if (found && found.user === user && Date.now() - found.at < 86400000) return found;
      if (found) forget();
    } catch { forget(); }
    return null;
  };
  let timer;
  const keep = () => {
    try { sessionStorage.setItem(key, JSON.stringify({ user, at: Date.now(), fields: fields() })); } catch { /* full or forbidden: then it is not kept */ }
  };

  const button = (text, act) => {
    const made = Object.assign(document.createElement("button"), { type: "button", className: "wb-button", textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  // The server draws the page again with all of it, and records nothing.
  const restore = (draft) => {
    const sent = Object.assign(document.createElement("form"), { method: "post", action: form.action, hidden: true });
    for (const [name, value] of [...draft.fields, ["recompute", "1"], ["csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value]]) {
      sent.append(Object.assign(document.createElement("textarea"), { name, value }));
    }
    document.body.append(sent);
    sent.submit();
  };
  const offer = (draft) => {
    const words = document.createElement("p"), row = document.createElement("p");
    const at = new Date(draft.at).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
    words.textContent = `${at} 在本页填写的内容还没有保存。`;
    row.className = "wb-row";
    row.append(button("接着填写", () => restore(draft)), button("不要了", () => { forget(); place.replaceChildren(); document.getElementById("id_item").focus(); }));
    place.className = "wb-notice wb-info";
    place.append(words, row);
  };

  const before = form.hasAttribute("data-resumed") ? null : read();
  if (before && before.fields.some(([name, value]) => value && !/^(submission|kind|paper_form|originals_|copies_)/.test(name))) offer(before);
  else if (form.hasAttribute("data-resumed")) keep();
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 300); });
  form.addEventListener("change", () => { clearTimeout(timer); timer = setTimeout(keep, 300); });
  addEventListener("pagehide", () => { if (timer) keep(); });
})();
