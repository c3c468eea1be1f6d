// window.snap as Midtrans's snap.js has it: the payment page in a frame over the merchant's page.
// Styles are set one property at a time, which a strict CSP allows; no style attributes or elements.
(function () {
  "use strict";
  var script = document.currentScript;
  var server = new URL(script.src).origin;
  var clientKey = script.getAttribute("data-client-key") || "";
  var view = null; // what is open: { root, frame, options, popup }

  function style(element, rules) {
    Object.keys(rules).forEach(function (name) { element.style[name] = rules[name]; });
    return element;
  }

  function address(token, options) {
    var url = new URL("/snap/v3/redirection/" + encodeURIComponent(token), server);
    url.searchParams.set("embed", "1");
    url.searchParams.set("origin", window.location.origin);
    if (clientKey) url.searchParams.set("client_key", clientKey);
    if (options.language) url.searchParams.set("language", options.language);
    if (options.selectedPaymentType) url.searchParams.set("method", options.selectedPaymentType);
    return url.href;
  }

  function makeFrame(token, options) {
    var frame = document.createElement("iframe");
    frame.src = address(token, options);
    frame.title = "Pembayaran Midtrans";
    frame.name = "popup_snap";
    frame.allow = "payment";
    return style(frame, { border: "0", width: "100%", display: "block", colorScheme: "light dark" });
  }

  function closeButton() {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = "Tutup";
    button.addEventListener("click", closedByPayer);
    return style(button, {
      alignSelf: "flex-end", minHeight: "44px", padding: "0 1.25rem", margin: "0 0 8px", border: "0",
      borderRadius: "999px", background: "#fff", color: "#0b2a4a", font: "600 16px system-ui, sans-serif",
      cursor: "pointer"
    });
  }

  function makeDialog(content) {
    var dialog = document.createElement("dialog");
    dialog.setAttribute("aria-label", "Pembayaran Midtrans");
    style(dialog, {
      position: "fixed", inset: "0", width: "100%", height: "100%", maxWidth: "none", maxHeight: "none",
      margin: "0", padding: "12px", border: "0", boxSizing: "border-box", display: "flex",
      flexDirection: "column", alignItems: "center", justifyContent: "center",
      background: "rgba(8, 20, 36, 0.62)"
    });
    dialog.addEventListener("cancel", function (event) {
      event.preventDefault();
      closedByPayer();
    });
    dialog.appendChild(content);
    return dialog;
  }

  function popup(frame) {
    var box = style(document.createElement("div"), {
      display: "flex", flexDirection: "column", width: "100%", maxWidth: "430px", height: "100%", maxHeight: "760px"
    });
    style(frame, { flex: "1 1 auto", minHeight: "0", borderRadius: "16px", background: "Canvas" });
    box.appendChild(closeButton());
    box.appendChild(frame);
    return makeDialog(box);
  }

  function open(root, frame, options, isPopup) {
    view = { root: root, frame: frame, options: options || {}, popup: isPopup };
    if (!isPopup) return;
    document.body.appendChild(root);
    root.showModal();
  }

  function hide() {
    if (!view) return;
    view.root.remove();
    view = null;
  }

  function finish(name, result) {
    var options = view.options;
    hide();
    if (typeof options[name] === "function") {
      options[name](result);
    } else if (result && result.finish_redirect_url) {
      window.location.assign(result.finish_redirect_url);
    }
  }

  function closedByPayer() {
    if (!view) return;
    if (view.frame) finish("onClose");
    else hide();
  }

  window.addEventListener("message", function (event) {
    if (!view || !view.frame) return;
    if (event.origin !== server || event.source !== view.frame.contentWindow) return;
    var message = event.data || {};
    if (message.source !== "midtrans-simulator") return;
    if (message.event === "success") finish("onSuccess", message.result);
    else if (message.event === "pending") finish("onPending", message.result);
    else if (message.event === "error") finish("onError", message.result);
    else if (message.event === "close" && view.popup) closedByPayer();
  });

  function mustBeFree(verb) {
    if (view && view.frame) {
      throw new Error("snap." + verb + " is not allowed to be called in this state: a payment is open.");
    }
    hide();
  }

  window.snap = {
    // Opens the payment page over this one; options: onSuccess, onPending, onError, onClose, language.
    pay: function (token, options) {
      mustBeFree("pay");
      var settings = options || {};
      var frame = makeFrame(token, settings);
      open(popup(frame), frame, settings, true);
    },
    // Puts the payment page into the element with the id options.embedId.
    embed: function (token, options) {
      mustBeFree("embed");
      var settings = options || {};
      var place = document.getElementById(settings.embedId);
      if (!place) throw new Error("snap.embed: there is no element with the id " + settings.embedId);
      var frame = style(makeFrame(token, settings), { minHeight: "640px" });
      place.appendChild(frame);
      open(frame, frame, settings, false);
    },
    // Shows that something is loading, until pay or hide.
    show: function () {
      if (view) return;
      var text = style(document.createElement("p"), { color: "#fff", font: "600 18px system-ui, sans-serif" });
      text.textContent = "Memuat…";
      text.setAttribute("role", "status");
      open(makeDialog(text), null, {}, true);
    },
    // Closes whatever is open, without calling back.
    hide: hide
  };
})();
