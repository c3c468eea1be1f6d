// One dialog for all forms of a page: what htmx brings into it opens it, what its form changed on the page closes it.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  let asked = false;

  // Where the focus was may be gone with what was changed: then it goes to the words that say so.
  const close = (changed) => {
    dialog.close();
    if (!document.activeElement || document.activeElement === document.body) {
      changed?.querySelector("[role=status]")?.focus();
    }
  };

  document.addEventListener("htmx:before:request", (event) => {
    const source = event.detail?.ctx?.sourceElement;
    // What is asked beside it, as the sum of a price that was typed just before, changes nothing about that.
    if (dialog.contains(source) && source.matches("form")) asked = true;
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail?.ctx?.target;
    // An answer that went elsewhere than was asked names its place by a selector.
    const changed = typeof target === "string" ? document.querySelector(target) : target;
    if (changed?.id === "dialog-body") {
      asked = false;
      if (!dialog.open) dialog.showModal();
    } else if (dialog.open && asked && !dialog.contains(changed)) {
      asked = false;
      close(changed);
    }
  });
})();
