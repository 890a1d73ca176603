// What every page of the workbench shares. Enhancement only.
(() => {
  "use strict";

  // Names the scrolling boxes before SimpleBar makes each a region of the same name.
  document.addEventListener("DOMContentLoaded", () => {
    const names = { "#nav-sidebar-apps": "栏目", "#changelist-form": "列表", ".formset-wrapper": "明细表" };
    document.querySelectorAll("[data-simplebar]").forEach((box, index) => {
      const place = Object.keys(names).find((selector) => box.closest(selector));
      box.dataset.simplebarAriaLabel = `${names[place] ?? "可滚动内容"} ${index + 1}`;
    });
  });

  // Names for what unfold and Select2 leave without one. Select2 draws its boxes when it likes, and anew
  // for every row that is added.
  const nameParts = () => {
    document.getElementById("nav-sidebar-inner")?.setAttribute("aria-label", "工作台栏目");
    document.querySelectorAll("#main nav:not([aria-label])").forEach((nav, index) => {
      nav.setAttribute("aria-label", `页签和菜单 ${index + 1}`);
    });
    document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
      const name = select.labels[0]?.textContent.trim();
      // Several values have a cross each; one more for all of them breaks the list that they are in.
      select.nextElementSibling?.querySelectorAll("ul > .select2-selection__clear").forEach((cross) => cross.remove());
      if (!name) return;
      const parts = ".select2-selection, .select2-selection__rendered, .select2-search__field";
      select.nextElementSibling?.querySelectorAll(parts).forEach((part) => {
        if (part.getAttribute("aria-label") !== name) part.setAttribute("aria-label", name);
      });
    });
  };
  // A wide table in a narrow window scrolls by keyboard too.
  const reachScrolling = () => document.querySelectorAll(".wb section").forEach((section) => {
    if (section.scrollWidth > section.clientWidth && getComputedStyle(section).overflowX !== "visible") section.tabIndex = 0;
  });
  addEventListener("resize", reachScrolling);
  addEventListener("load", () => {
    nameParts();
    reachScrolling();
    new MutationObserver(nameParts).observe(document.getElementById("main") ?? document.body, { childList: true, subtree: true });
  });

  // Nothing typed is lost when the login ran out, or the server is away, while a form was being filled
  // in: before a form is sent, the server is asked who we are. After a new login in another window the
  // same form can be sent; its token is taken from the new session.
  const say = (text, link) => {
    const box = document.createElement("dialog");
    box.className = "wb-dialog";
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "知道了，回到表单";
    close.addEventListener("click", () => box.close());
    box.addEventListener("close", () => box.remove());
    box.append(words);
    if (link) {
      const door = document.createElement("a");
      Object.assign(door, { href: link, target: "_blank", rel: "noopener", textContent: "在新窗口登录" });
      box.append(door, " ");
    }
    box.append(close);
    document.body.append(box);
    box.showModal();
  };
  const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
  addEventListener("submit", async (event) => {
    const form = event.target;
    // Who signs out leaves nothing typed on this machine (draft.js).
    if (form.action?.endsWith?.("/logout/")) sessionStorage.clear();
    if (form.method !== "post" || form.dataset.alive || !form.elements.csrfmiddlewaretoken) return;
    if (form.id === "login-form") return; // nobody is signed in there yet
    event.preventDefault();
    event.stopImmediatePropagation();
    if (form.dataset.asking) return;
    form.dataset.asking = "1";
    try {
      const answer = await fetch("/session/", { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      const { signed_in: signedIn, login } = await answer.json();
      if (!signedIn) {
        say("登录已过期。请在新窗口重新登录，再回到这里提交；您填写的内容都还在。", login);
        return;
      }
      if (token()) form.elements.csrfmiddlewaretoken.value = token();
      form.dataset.alive = "1";
      form.requestSubmit(event.submitter);
    } catch {
      say("暂时连不上服务器，没有提交。请稍后再点一次；您填写的内容都还在。");
    } finally {
      delete form.dataset.asking;
      delete form.dataset.alive;
    }
  }, true);
})();
