// One dialog for all forms of a page: what htmx brings into it opens it, what its form changed on the page closes it.
// A problem is told in the dialog that asked, which stays open with what was typed.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  if (!dialog) return;
  const problems = document.getElementById("problems");
  const place = document.createComment("");
  let asked = false;

  problems.before(place);
  dialog.addEventListener("close", () => {
    problems.replaceChildren();
    place.after(problems);
  });

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
      problems.replaceChildren();
      if (!dialog.open) dialog.showModal();
    } else if (dialog.open && changed === problems) {
      asked = false;
      dialog.prepend(problems);
      problems.querySelector("a")?.focus();
    } else if (dialog.open && asked && !dialog.contains(changed)) {
      asked = false;
      close(changed);
    }
  });
})();
