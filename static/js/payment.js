// Opens Midtrans's window over the page once the server has sent a token. Its callbacks only choose the next page.
(() => {
  "use strict";

  let loading = null;

  const load = (place) => {
    if (window.snap?.pay) return Promise.resolve();
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = place.dataset.snapJs;
      script.dataset.clientKey = place.dataset.clientKey;
      script.onload = done;
      script.onerror = () => { loading = null; script.remove(); failed(new Error("snap.js")); };
      document.head.append(script);
    });
    return loading;
  };

  const go = (page, place, result) => {
    const query = new URLSearchParams({ orderId: place.dataset.orderId });
    // Some methods are known to Midtrans by this id alone; the server asks Midtrans, whatever it says.
    if (result?.transaction_id) query.set("transaction", result.transaction_id);
    location.assign(`/payment/${page}?${query}`);
  };

  const open = async (place) => {
    if (place.dataset.opened) return;
    place.dataset.opened = "yes";
    const say = place.querySelector("[data-say]");
    try {
      await load(place);
      window.snap.pay(place.dataset.token, {
        language: "id",
        onSuccess: (result) => go("success", place, result),
        onPending: (result) => go("pending", place, result),
        onError: (result) => go("error", place, result),
        onClose: () => location.assign(`/payment/${place.dataset.orderId}`),
      });
      say.textContent = "Jendela pembayaran terbuka. Tidak terlihat?";
    } catch {
      say.textContent = "Jendela pembayaran tidak bisa dibuka di sini.";
    }
  };

  document.addEventListener("htmx:after:swap", () => {
    const place = document.querySelector("#midtrans-window");
    if (place) open(place);
  });
})();
