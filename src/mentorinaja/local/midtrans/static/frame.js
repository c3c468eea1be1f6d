// Inside the merchant's frame: tells the page that opened it how the payment ended, and nobody else.
(function () {
  "use strict";
  var frame = document.getElementById("frame");
  if (!frame || window.parent === window) return;
  var tell = function (message) {
    message.source = "midtrans-simulator";
    window.parent.postMessage(message, frame.dataset.origin);
  };
  if (frame.dataset.outcome) {
    tell({ event: frame.dataset.outcome, result: JSON.parse(frame.dataset.result) });
  }
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") tell({ event: "close" });
  });
})();
