// Attachments: chosen, dropped or photographed files go up at once, each with its progress. The form works without.
(() => {
  const section = document.querySelector("[data-attachments]");
  if (!section) return;
  const list = section.querySelector("[data-list]"), progress = section.querySelector("[data-progress]");
  const target = () => section.querySelector("#id_attachment_material"); // the counter puts another in its place
  // The cookie's, which is new after a login in another window.
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? document.querySelector('[name="csrfmiddlewaretoken"]').value;
  // These are not unfold's inputs: its own listener would look for a text field beside them.
  section.querySelectorAll("input[type=file]").forEach((input) => { input.hasChangeListener = true; });
  section.querySelectorAll(".wb-script").forEach((part) => { part.hidden = false; });

  const fill = (select, chosen) => { select.replaceChildren(...[...target().options].map((o) => new Option(o.text, o.value, false, o.value === chosen))); };
  // Another item was chosen: its materials. What was filed under one that it asks for stays there.
  document.addEventListener("counter:materials", () => list.querySelectorAll("select").forEach((select) => fill(select, select.value)));

  const make = (tag, text, more = {}) => Object.assign(document.createElement(tag), { textContent: text, ...more });
  const show = (file) => {
    if (list.querySelector(`[data-id="${file.id}"]`)) return;
    const row = make("li", ""), name = make("span", "", { className: "wb-filename" });
    row.dataset.id = file.id;
    name.append(make("a", file.name, { href: file.url, target: "_blank", rel: "noopener" }), make("span", ` ${file.kind}，${file.size}`, { className: "wb-soft" }));
    row.append(name, " ");
    if (section.dataset.case) row.append(make("span", file.shows || "未归类", { className: "wb-badge" }));
    else {
      const label = make("label", "对应材料 ", { className: "wb-shows" }), select = make("select", "", { name: `shows_${file.id}` });
      select.setAttribute("aria-label", `“${file.name}”对应材料`);
      fill(select, String(file.chosen ?? "")); label.append(select); row.append(label, " ");
      const button = make("button", "撤下", { type: "button", className: "wb-button" });
      button.dataset.remove = file.remove_url; button.setAttribute("aria-label", `撤下“${file.name}”`);
      row.append(button);
    }
    list.append(row);
    const empty = section.querySelector("[data-empty]");
    if (empty) empty.remove();
  };
  const send = (file) => {
    progress.querySelectorAll("[data-done]").forEach((one) => one.remove()); // what went up is in the list above
    const row = make("li", ""), name = make("span", `${file.name} `), bar = make("progress", "", { max: 100, value: 0 }), state = make("span", "上传中");
    bar.setAttribute("aria-label", `${file.name} 上传进度`);
    row.append(name, bar, " ", state); progress.append(row);
    // The reason names the file itself.
    const fail = (text) => {
      if (text.includes(file.name)) name.remove();
      state.textContent = text; state.className = "wb-error"; bar.remove();
    };
    const body = new FormData();
    body.set("attachments", file);
    if (section.dataset.case) body.set("case", section.dataset.case); else body.set("submission", section.dataset.submission);
    if (target()?.value) body.set("attachment_material", target().value);
    const request = new XMLHttpRequest();
    request.open("POST", section.dataset.url);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-CSRFToken", token());
    request.upload.onprogress = (event) => { if (event.lengthComputable) bar.value = Math.round((100 * event.loaded) / event.total); };
    request.onerror = () => fail("网络中断，没有上传。请检查网络后重新选择。");
    request.onload = () => {
      let answer;
      try { answer = JSON.parse(request.responseText); } catch { fail("没有上传：登录可能已过期。请在新窗口登录后重新选择文件，本页内容不会丢失。"); return; }
      (answer.attachments || []).forEach(show);
      if ((answer.problems || []).length) { fail(answer.problems.join("；")); return; }
      bar.remove(); row.dataset.done = "";
      state.textContent = answer.attachments[0].is_new ? "已上传" : "已经上传过，没有重复保存";
    };
    request.send(body);
  };
  const take = (files) => { [...files].forEach(send); };

  section.addEventListener("change", (event) => {
    if (event.target.type !== "file" || !event.target.files.length) return;
    take(event.target.files);
    event.target.value = ""; // already sent: the form must not send it again
  });
  const drop = section.querySelector("[data-drop]");
  if (drop) {
    const over = (on) => (event) => { event.preventDefault(); drop.classList.toggle("wb-over", on); };
    drop.addEventListener("dragover", over(true));
    drop.addEventListener("dragleave", over(false));
    drop.addEventListener("drop", (event) => { over(false)(event); take(event.dataTransfer.files); });
  }
  list.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button || button.disabled) return;
    button.disabled = true;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", token());
    const response = await fetch(button.dataset.remove, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    if (response && response.ok && !response.redirected) { button.closest("li").remove(); return; }
    button.disabled = false;
    progress.append(make("li", "没有撤下，请刷新页面后重试。", { className: "wb-error" }));
  });
})();
