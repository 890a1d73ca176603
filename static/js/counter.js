// The counter: typeahead, material list without a reload, number check. Everything also works without.
(() => {
  const focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();

  const form = document.getElementById("counter-form");
  if (!form) return;
  // A bundle: an answer sends the same page back with the materials that follow from it.
  const again = form.querySelector('[name="recompute"]');
  form.querySelectorAll("[data-recompute] input").forEach((input) => input.addEventListener("change", () => {
    sessionStorage.setItem("counter:answered", input.name);
    form.requestSubmit(again);
  }));
  // The keyboard goes on where the answer was given.
  const answered = sessionStorage.getItem("counter:answered");
  sessionStorage.removeItem("counter:answered");
  if (answered && !focus) form.querySelector(`[name="${CSS.escape(answered)}"]:checked`)?.focus();
  const box = document.getElementById("id_item");
  const list = document.getElementById("item-options");
  const chosen = document.getElementById("chosen");
  let options = [], active = -1, timer = 0, asked = 0, checked = 0, picked = 0;

  const close = () => { list.hidden = true; box.setAttribute("aria-expanded", "false"); box.removeAttribute("aria-activedescendant"); active = -1; };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((row, n) => row.setAttribute("aria-selected", String(n === index)));
    if (index >= 0) { box.setAttribute("aria-activedescendant", `option-${index}`); list.children[index].scrollIntoView({ block: "nearest" }); }
  };
  const show = () => {
    list.replaceChildren(...options.map((item, n) => {
      const row = document.createElement("li");
      row.id = `option-${n}`; row.setAttribute("role", "option"); row.setAttribute("aria-selected", "false");
      const soft = document.createElement("span");
      soft.className = "wb-soft"; soft.textContent = ` ${item.code} ${item.department}`;
      row.append(item.name, soft);
      row.addEventListener("mousedown", (event) => { event.preventDefault(); choose(item); });
      return row;
    }));
    list.hidden = !options.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    mark(options.length ? 0 : -1);
  };
  // What the server says, or null with a sentence when the login ran out or the server is away.
  const said = document.getElementById("find-state");
  const ask = async (address, how) => {
    const response = await fetch(address, how).catch(() => null);
    if (response?.ok && !response.redirected) { said.textContent = ""; return response; }
    said.textContent = response?.redirected || response?.status === 403
      ? "登录已过期。请在新窗口重新登录，再回到这里继续；您填写的内容都还在。"
      : "暂时连不上服务器，请稍后再试；您填写的内容都还在。";
    return null;
  };
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? form.elements.csrfmiddlewaretoken.value;
  const find = async () => {
    const text = box.value.trim(), turn = ++asked;
    if (!text) { options = []; close(); return; }
    const response = await ask(`${box.dataset.url}?q=${encodeURIComponent(text)}`);
    const items = (await response?.json())?.items;
    if (turn !== asked || !items) return;
    options = items;
    if (!options.length) said.textContent = `没有找到“${text}”。可以试试常用叫法或拼音首字母，例如 yyzz。`;
    show();
  };
  const choose = async (item) => {
    if (item.url) { location.assign(item.url); return; }
    if (box.dataset.page) { location.assign(`${box.dataset.page}?item=${encodeURIComponent(item.code)}`); return; }
    box.value = item.name; close();
    const turn = ++picked;
    const response = await ask(`?item=${encodeURIComponent(item.code)}`);
    const page = await response?.text();
    if (turn !== picked || !page) return;
    const fresh = new DOMParser().parseFromString(page, "text/html");
    for (const part of ["chosen", "item-form"]) document.getElementById(part).replaceChildren(...fresh.getElementById(part).childNodes);
    document.getElementById("attachment-target")?.replaceWith(fresh.getElementById("attachment-target"));
    document.dispatchEvent(new Event("counter:materials"));
    const kind = fresh.querySelector('[name="kind"]:checked');
    if (kind && !form.elements.number.value) form.querySelector(`[name="kind"][value="${kind.value}"]`).checked = true;
    (chosen.querySelector('input[type="checkbox"]') || form.elements.number).focus();
    form.dispatchEvent(new Event("input"));
    if (number.value) check();
  };
  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, 120); });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return;
      event.preventDefault();
      mark((active + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length);
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault(); choose(options[active]);
    } else if (event.key === "Escape") close();
  });
  box.addEventListener("blur", () => setTimeout(close, 150));

  // Up and down go from tick to tick; Tab visits the counts too.
  chosen.addEventListener("keydown", (event) => {
    if (event.target.type !== "checkbox" || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const ticks = [...chosen.querySelectorAll('input[type="checkbox"]')];
    const next = ticks[ticks.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });

  // Where the list does not say how many, one original is what a tick means; the clerk sees and changes it.
  chosen.addEventListener("change", (event) => {
    if (event.target.type !== "checkbox" || !event.target.checked) return;
    const counts = [...event.target.closest("tr").querySelectorAll(".wb-count")];
    if (counts.every((count) => !count.value)) counts[0].value = "1";
  });

  const number = form.elements.number, state = document.getElementById("number-state");
  const override = document.getElementById("override");
  // Which of the materials on the page a licence of the applicant replaces.
  const offer = (held) => chosen.querySelectorAll("[data-material]").forEach((row) => {
    const caption = held[row.dataset.material];
    row.querySelector("[data-licence]").textContent = caption ? `证照库已有：${caption}，不勾选即免交` : "";
  });
  // Only the answer to the last question counts: an earlier one may arrive after it.
  const check = async () => {
    const turn = ++checked;
    if (!number.value.trim()) return;
    const body = new FormData();
    body.set("number", number.value);
    body.set("kind", new FormData(form).get("kind") || "");
    body.set("csrfmiddlewaretoken", token());
    chosen.querySelectorAll("[data-material]").forEach((row) => body.append("materials", row.dataset.material));
    const response = await ask(number.dataset.url, { method: "POST", body });
    const answer = await response?.json();
    if (turn !== checked || !answer) return;
    state.className = answer.ok ? "wb-soft" : "wb-error";
    state.textContent = answer.ok ? "校验通过" : answer.error;
    number.setAttribute("aria-invalid", String(!answer.ok));
    if (override) override.hidden = answer.ok;
    offer(answer.held || {});
    if (answer.ok && answer.name && !form.elements.name.value) form.elements.name.value = answer.name;
  };
  // The form: typed here, or on the paper that lies on the desk.
  form.addEventListener("change", (event) => {
    if (event.target.name === "paper_form") document.getElementById("form-fields").open = !event.target.checked;
  });
  number.addEventListener("change", check);
  form.querySelectorAll('[name="kind"]').forEach((radio) => radio.addEventListener("change", check));

  form.addEventListener("submit", (event) => {
    const button = form.querySelector("[data-once]");
    if (button.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    button.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => form.querySelector("[data-once]").removeAttribute("aria-busy"));
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) form.requestSubmit(); });
})();
