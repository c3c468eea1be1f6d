// The few things every page does with script: it works without all of them.
(() => {
  "use strict";

  const on = (name, handle) => document.addEventListener(name, handle);

  // Buttons that do nothing without script are served hidden.
  const reveal = (root) => {
    for (const button of root.querySelectorAll("[data-show-password], [data-copy], [data-dismiss]")) {
      button.hidden = false;
    }
  };

  const showPassword = (button) => {
    const input = document.getElementById(button.dataset.showPassword);
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };

  const copy = async (button) => {
    const label = button.querySelector("[aria-live]") || button;
    const words = label.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      label.textContent = "Tersalin";
    } catch {
      label.textContent = "Belum tersalin";
    }
    setTimeout(() => { label.textContent = words; }, 2000);
  };

  on("click", (event) => {
    const button = event.target.closest?.(
      "[data-show-password], [data-copy], [data-dismiss], [data-open-dialog], [data-close-dialog]"
    );
    if (!button) return;
    if (button.dataset.showPassword) showPassword(button);
    else if (button.dataset.copy) copy(button);
    else if ("dismiss" in button.dataset) button.closest(".flash").remove();
    else if (button.dataset.openDialog) {
      const dialog = document.getElementById(button.dataset.openDialog);
      if (!dialog?.showModal) return;
      event.preventDefault();
      dialog.showModal();
    } else {
      event.preventDefault();
      button.closest("dialog")?.close();
    }
  });

  // A click beside the dialog closes it, as people expect.
  on("click", (event) => {
    const dialog = event.target;
    if (!(dialog instanceof HTMLDialogElement) || !dialog.open) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right
      && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });

  // Whoever cannot see the page hears first what went wrong.
  const tellProblem = (root) => root.querySelector("#error-summary, .flash.bad[tabindex]")?.focus();

  // htmx 4.0.1 begins in a timeout of its own, which on a slow line comes before its SSE extension has loaded;
  // then nobody has opened the streams. Timeouts keep their order: when this one comes, htmx has begun.
  const openStreams = () => setTimeout(() => {
    for (const stream of document.querySelectorAll("[hx-sse\\:connect]")) {
      if (!stream._htmx) window.htmx?.process(stream);
    }
  });

  // What a page can be read without comes when it can be read: until then its styles have a slow line to themselves.
  const load = ([next, ...rest]) => {
    if (!next) {
      openStreams();
      return;
    }
    const script = document.createElement("script");
    script.src = next;
    script.onload = () => load(rest);
    script.onerror = () => {
      script.remove();
      setTimeout(load, 2000, [next, ...rest]);
    };
    document.head.append(script);
  };
  const later = document.currentScript.dataset.then?.split(" ") ?? [];
  for (const href of later) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "script", href }));
  }
  load(later);

  reveal(document);
  tellProblem(document);
  on("htmx:after:swap", (event) => {
    reveal(document);
    const target = event.detail?.ctx?.target;
    if (target instanceof Element && target.isConnected) tellProblem(target);
  });
})();
