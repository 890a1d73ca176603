// The month entry grid: arrows, Enter, Esc, Ctrl+S, pasting from Excel. Everything also works without.
(() => {
  const table = document.querySelector("[data-grid]");
  if (!table) return;
  const form = table.closest("form"), state = document.getElementById("grid-state");
  const lines = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("input:not([type=hidden])")]).filter((cells) => cells.length);
  const places = new Map();
  lines.forEach((cells, y) => cells.forEach((cell, x) => places.set(cell, [x, y])));
  const go = (x, y) => { const cell = lines[y] && lines[y][x]; if (cell) { cell.focus(); cell.select(); } return Boolean(cell); };
  let sending = false;
  // A row that was refused came back as it was typed: it is still to be saved.
  const dirty = () => [...places.keys()].filter((cell) => cell.value !== cell.defaultValue || cell.closest(".wb-wrong"));
  const count = () => {
    const rows = new Set(dirty().map((cell) => places.get(cell)[1])).size;
    state.textContent = rows ? `${rows} 行有改动，尚未保存` : "";
  };
  const mark = (cell) => { cell.classList.toggle("wb-changed", cell.value !== cell.defaultValue); count(); };
  table.addEventListener("input", (event) => { if (places.has(event.target)) mark(event.target); });
  table.addEventListener("keydown", (event) => {
    const cell = event.target, place = places.get(cell);
    if (!place || event.isComposing || event.altKey) return;
    const [x, y] = place, held = event.ctrlKey || event.metaKey;
    const start = cell.selectionStart === 0 && cell.selectionEnd === 0, whole = cell.selectionEnd - cell.selectionStart === cell.value.length;
    const end = cell.selectionStart === cell.value.length;
    let moved = false;
    if (held && event.key.toLowerCase() === "s") { event.preventDefault(); form.requestSubmit(form.querySelector("button:not([name])")); return; }
    if (held) return;
    if (event.key === "ArrowDown" || (event.key === "Enter" && !event.shiftKey)) moved = go(x, y + 1) || event.key === "Enter";
    else if (event.key === "ArrowUp" || event.key === "Enter") moved = go(x, y - 1) || event.key === "Enter";
    else if (event.key === "ArrowLeft" && (start || whole)) moved = go(x - 1, y);
    else if (event.key === "ArrowRight" && (end || whole)) moved = go(x + 1, y);
    else if (event.key === "Escape") { cell.value = cell.defaultValue; mark(cell); cell.select(); moved = true; }
    if (moved) event.preventDefault();
  });
  // A block copied from a spreadsheet fills the cells from here on, as many as there are.
  table.addEventListener("paste", (event) => {
    const place = places.get(event.target), text = event.clipboardData.getData("text/plain").replace(/\r?\n$/, "");
    if (!place || !/[\t\n]/.test(text)) return;
    event.preventDefault();
    text.split(/\r?\n/).forEach((line, down) => line.split("\t").forEach((value, right) => {
      const cell = lines[place[1] + down] && lines[place[1] + down][place[0] + right];
      if (cell) { cell.value = value.trim(); mark(cell); }
    }));
  });
  form.addEventListener("submit", () => { sending = true; });
  window.addEventListener("beforeunload", (event) => { if (!sending && dirty().length) event.preventDefault(); });
  count();
  const focus = document.querySelector("[data-focus]");
  if (focus) focus.focus();
})();
