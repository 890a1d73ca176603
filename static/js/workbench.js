// Names the scrolling boxes of the workbench before SimpleBar makes each a region of the same name.
document.addEventListener("DOMContentLoaded", () => {
  const names = { "#nav-sidebar-apps": "栏目", "#changelist-form": "列表", ".formset-wrapper": "明细表" };
  document.querySelectorAll("[data-simplebar]").forEach((box, index) => {
    const place = Object.keys(names).find((selector) => box.closest(selector));
    box.dataset.simplebarAriaLabel = `${names[place] ?? "可滚动内容"} ${index + 1}`;
  });
});
