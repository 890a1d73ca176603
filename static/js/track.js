// A paper's QR code leads to /track/#number/password, that of papers which others keep to /track/#number;
// what stands after # is never sent to a server.
(() => {
  const form = document.querySelector(".track-form");
  const parts = location.hash.slice(1).split("/");
  if (!form || !parts[0] || parts.length > 2) return;
  form.elements.number.value = parts[0];
  form.elements.code.value = parts[1] ?? "";
  history.replaceState(null, "", location.pathname);
  (parts[1] ? form.querySelector("button") : form.elements.code).focus();
})();
