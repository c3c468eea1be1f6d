// One dialog for all forms of a page: what htmx brings into it opens it, what its form changed on the page closes it.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  let asked = false;

  // What was asked in the dialog is answered outside it: there the words are that say so.
  const close = (target) => {
    dialog.close();
    if (!document.activeElement || document.activeElement === document.body) {
      target?.querySelector("[role=status]")?.focus();
    }
  };

  document.addEventListener("htmx:before:request", (event) => {
    const source = event.detail?.ctx?.sourceElement;
    asked = dialog.contains(source) && source.matches("form");
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const target = event.detail?.ctx?.target;
    const inside = dialog.contains(document.getElementById("dialog-body")) && target?.id === "dialog-body";
    if (inside && !dialog.open) dialog.showModal();
    else if (!inside && dialog.open && asked) close(target);
  });
})();
