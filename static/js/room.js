// The chat room. The page works without it; with it messages appear at once, wait for a lost line and go out
// in order, the clock runs between the server's words, and the line repairs itself.
(() => {
  "use strict";

  const room = document.getElementById("room");
  if (!room) return;
  const $ = (id) => document.getElementById(id);
  const stream = $("stream"), form = $("composer"), box = $("pesan"), list = $("messages"), view = $("thread");
  const side = room.dataset.side, memory = `room:${room.dataset.room}`;
  const clockIs = () => $("countdown").dataset.state;

  // ---- The thread: in the order of the numbers, those still on their way last, the reader's place kept.

  const seqOf = (item) => Number(item.dataset.seq) || Infinity;
  const atBottom = () => view.scrollTop > -48;
  let jump = null;

  const place = (item) => {
    let after = item.previousElementSibling;
    while (after && seqOf(after) > seqOf(item)) after = after.previousElementSibling;
    if (after !== item.previousElementSibling) after ? after.after(item) : list.prepend(item);
  };

  // Runs `change`; whoever had scrolled up keeps reading where they were.
  const keepingPlace = (change) => {
    const stay = !atBottom(), top = view.scrollTop, height = view.scrollHeight;
    change();
    if (stay) view.scrollTop = top - (view.scrollHeight - height);
    return stay;
  };

  const showJump = () => {
    if (jump) return;
    jump = document.createElement("button");
    jump.type = "button";
    jump.className = "btn small jump";
    jump.textContent = "Pesan baru ↓";
    jump.addEventListener("click", () => { view.scrollTop = 0; });
    view.prepend(jump);
  };

  view.addEventListener("scroll", () => {
    if (jump && atBottom()) { jump.remove(); jump = null; }
  }, { passive: true });

  const parse = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  $("older")?.addEventListener("click", async (event) => {
    event.preventDefault();
    const link = event.currentTarget;
    link.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.status);
      const page = parse(await answer.text()), more = page.getElementById("older");
      list.prepend(...page.querySelectorAll("#messages > li"));
      if (more) link.href = more.getAttribute("href");
      else link.parentElement.remove();
    } catch {
      link.textContent = "Belum bisa dimuat, coba lagi";
    }
    link.removeAttribute("aria-busy");
  });

  // ---- The clock: the server says how much is left, performance.now() carries it on; the device's time is never asked.

  let shown = null, left = 0, heard = 0, before = Infinity;
  const spoken = [[600, "Tersisa 10 menit."], [300, "Tersisa 5 menit."], [60, "Tersisa 1 menit."]];
  const pad = (n) => String(n).padStart(2, "0");
  const written = (seconds) => {
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return (hours ? `${hours}:` : "") + `${pad(minutes)}:${pad(seconds % 60)}`;
  };

  const tick = () => {
    const clock = $("countdown");
    if (clock !== shown) {
      // The first one is as old as the answer that brought the page.
      heard = shown ? performance.now() : performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
      left = Number(clock.dataset.ms);
      if (shown && shown.dataset.state !== clock.dataset.state) refuse("");
      shown = clock;
      const end = $("end-session");
      if (end) end.hidden = clockIs() === "waiting";
    }
    if (clock.dataset.state !== "running" || clock.dataset.ms === undefined) return;
    const seconds = Math.max(0, Math.ceil((left - (performance.now() - heard)) / 1000));
    const text = written(seconds), face = clock.querySelector("b");
    if (face.textContent === text) return;
    face.textContent = text;
    clock.dataset.remaining = seconds;
    clock.classList.toggle("last", seconds <= 60);
    for (const place of document.querySelectorAll("[data-time-left]")) place.textContent = text;
    for (const [mark, words] of spoken) if (before > mark && seconds <= mark) $("announce").textContent = words;
    before = seconds;
  };

  // Why a message was not taken, beside the box.
  function refuse(words) {
    const refusal = $("refusal");
    if (!refusal) return;
    refusal.textContent = words;
    refusal.hidden = !words;
  }

  tick();
  setInterval(tick, 200);
  if (!stream) return; // over, or reading old messages

  // ---- Sending: one at a time and in order; what fails keeps its text and its id, so nothing is sent twice.

  const unsent = []; // {id, text, item}
  let busy = false, over = false, lost = true;

  const newId = () => {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  const element = (name, className, text = "") => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const draw = ({ id, text }) => {
    const item = element("li", "msg mine sending"), meta = element("p", "meta");
    item.dataset.clientId = id;
    item.dataset.sender = side;
    const words = element("div", "text", text);
    words.dir = "auto";
    meta.append(element("span", "state"));
    item.append(words, meta);
    list.append(item);
    view.scrollTop = 0;
    return item;
  };

  const mark = (message, words, failed = false) => {
    const { item } = message, state = item.querySelector(".state");
    item.classList.toggle("failed", failed);
    item.classList.toggle("sending", !failed);
    if (!failed) { state.textContent = words; return; }
    const again = element("button", "linklike", words);
    again.type = "button";
    again.addEventListener("click", deliver);
    state.replaceChildren(again);
  };

  const queue = (message) => {
    message.item = draw(message);
    unsent.push(message);
    mark(message, "Mengirim…");
    remember();
  };

  const settled = (id) => {
    const at = unsent.findIndex((message) => message.id === id);
    if (at < 0) return;
    unsent.splice(at, 1)[0].item.remove();
    remember();
  };

  // The server's copy takes the place of ours, whether the answer or the stream brings it first.
  const receive = (html) => keepingPlace(() => {
    const item = parse(html).firstElementChild;
    settled(item.dataset.clientId);
    if ($(item.id)) return;
    list.append(item);
    place(item);
  });

  const backIntoBox = (message) => {
    settled(message.id);
    box.value = box.value.trim() ? `${message.text}\n\n${box.value}` : message.text;
    remember();
  };

  const post = (message) => {
    const body = new URLSearchParams(new FormData(form));
    body.set("text", message.text);
    body.set("client_id", message.id);
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 15000);
    return fetch(form.action, {
      method: "POST", body, signal: stop.signal, headers: { "HX-Request": "true", "HX-Request-Type": "partial" },
    }).finally(() => clearTimeout(timer));
  };

  const deliver = async () => {
    if (busy) return;
    busy = true;
    while (unsent.length) {
      const message = unsent[0];
      mark(message, "Mengirim…");
      let answer = null, html = "";
      try {
        answer = await post(message);
        html = await answer.text();
      } catch { /* no answer: whether it arrived is not known, the same id asks again */ }
      if (answer?.ok && !answer.headers.get("HX-Redirect")) receive(html);
      else if (answer && [409, 413, 422].includes(answer.status)) {
        backIntoBox(message);
        refuse(parse(html).textContent.trim() || "Pesan belum terkirim. Teksnya masih di kotak pesan.");
      } else {
        const waits = !answer && lost;
        mark(message, waits ? "Menunggu koneksi…" : "Gagal, coba lagi", !waits);
        for (const later of unsent.slice(1)) mark(later, "Menunggu…");
        if (answer && [401, 403, 404].includes(answer.status)) refuse("Muat ulang halaman ini, lalu kirim lagi.");
        break;
      }
    }
    busy = false;
  };

  const submit = () => {
    const text = box.value.trim();
    if (!text || over) return;
    if (clockIs() === "waiting" && $("countdown").dataset.ms !== undefined) {
      refuse("Pesan bisa dikirim setelah sesi dimulai. Teks Anda tetap di kotak pesan.");
      return;
    }
    refuse("");
    box.value = "";
    queue({ id: newId(), text });
    deliver();
    box.focus();
  };

  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  const keyboard = matchMedia("(hover: hover) and (pointer: fine)");
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !keyboard.matches) return;
    event.preventDefault();
    submit();
  });

  // What was typed and not sent outlives a reload of the page.
  const remember = () => {
    try {
      const kept = { draft: box.value, unsent: unsent.map(({ id, text }) => ({ id, text })) };
      if (kept.draft || kept.unsent.length) sessionStorage.setItem(memory, JSON.stringify(kept));
      else sessionStorage.removeItem(memory);
    } catch { /* a browser that keeps nothing */ }
  };
  box.addEventListener("input", remember);
  try {
    const kept = JSON.parse(sessionStorage.getItem(memory)) || { draft: "", unsent: [] };
    if (!box.value) box.value = kept.draft;
    for (const message of kept.unsent) {
      if (!list.querySelector(`[data-client-id="${CSS.escape(message.id)}"]`)) queue(message);
    }
    remember();
  } catch { /* nothing was kept */ }

  // ---- The line. hx-sse 4.0.1 reconnects with Last-Event-ID by itself, but it gives up when the very first
  // connection fails, and takes a 204 for a broken answer: both are handled here.

  // Up to here the page has everything. Answers to our own posts do not move it: something may be missing before them.
  let cursor = Number(new URL(stream.getAttribute("hx-sse:connect"), location).searchParams.get("after"));
  let request = null, lastHeard = performance.now(), lostSince = lastHeard, triedAt = lastHeard, retry = 0;
  const line = () => stream._htmx?.sse;

  const eventsUrl = () => `/session/${room.dataset.room}/events?after=${cursor}`;
  // The server has another page for us: over, cancelled, signed out. Never twice in ten seconds.
  const reload = () => {
    if (over) return;
    over = true;
    remember();
    try {
      if (Date.now() - Number(sessionStorage.getItem("room-reloaded")) < 10000) return;
      sessionStorage.setItem("room-reloaded", Date.now());
    } catch { /* then it may happen again */ }
    location.reload();
  };

  const found = () => {
    lost = false;
    retry = 0;
    banner();
    deliver();
  };
  const lose = () => {
    if (!lost) lostSince = performance.now();
    lost = true;
  };
  const banner = () => {
    const now = performance.now(), place = $("connection");
    const long = lost && !over && (!navigator.onLine || now - lostSince > 1500);
    place.classList.toggle("lost", long);
    const again = place.querySelector("[data-reconnect]");
    if (again) again.hidden = !(long && now - lostSince > 60000);
  };
  const tryNow = () => {
    triedAt = performance.now();
    if (line()) line().delayCanceller?.();
    else if (lost) htmx.trigger(stream, "reconnect");
  };
  const cut = () => { lose(); line()?.reader?.cancel(); };

  stream.addEventListener("htmx:config:request", (event) => {
    request = event.detail.ctx.request;
    request.action = eventsUrl();
  });
  stream.addEventListener("htmx:finally:request", (event) => {
    if (line() || over) return;
    const status = event.detail.ctx.response?.status;
    if (status && status < 500 && status !== 429) { reload(); return; }
    lose();
    retry = Math.min(retry + 1, 5);
    setTimeout(() => { if (lost && !over) tryNow(); }, 1000 * retry);
  });
  stream.addEventListener("htmx:sse:before:connection", (event) => {
    if (over) { event.preventDefault(); return; }
    if (event.detail.connection.attempt > 0) lose();
    if (request) request.action = eventsUrl();
  });
  stream.addEventListener("htmx:sse:after:connection", (event) => {
    lastHeard = performance.now();
    if (event.detail.connection.status === 204) reload();
  });
  stream.addEventListener("htmx:sse:error", (event) => {
    lose();
    const { status } = event.detail;
    if (status && status < 500 && status !== 429) reload();
  });

  let arriving = null;
  stream.addEventListener("htmx:sse:before:message", (event) => {
    lastHeard = performance.now();
    if (lost) found();
    const number = /^<li [^>]*id="message-(\d+)"/.exec(event.detail.message.data)?.[1];
    if (number) cursor = Math.max(cursor, Number(number));
    if (number && $(`message-${number}`)) { event.preventDefault(); return; }
    arriving = number ? { number, height: view.scrollHeight, top: view.scrollTop, stay: !atBottom() } : null;
  });
  stream.addEventListener("htmx:sse:after:message", () => {
    tick();
    if (!arriving) return;
    const { number, height, top, stay } = arriving, item = $(`message-${number}`);
    arriving = null;
    settled(item.dataset.clientId);
    place(item);
    if (stay) view.scrollTop = top - (view.scrollHeight - height);
    if (item.dataset.sender === side || !item.dataset.sender) return;
    if (stay) showJump();
    ring();
  });

  stream.addEventListener("changed", reload);
  stream.addEventListener("ended", () => {
    over = true;
    banner();
    for (const message of [...unsent].reverse()) backIntoBox(message);
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    for (const gone of [form.querySelector("button"), document.querySelector(".room-tools")]) if (gone) gone.hidden = true;
    box.readOnly = true;
    if (box.value.trim()) refuse("Sesi sudah berakhir, jadi teks ini tidak terkirim.");
    else form.hidden = true;
    $("ended-title")?.focus();
  });

  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-reconnect]")) tryNow(); });
  addEventListener("online", tryNow);
  addEventListener("offline", () => { cut(); banner(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    if (performance.now() - lastHeard > 12000) cut();
    tryNow();
  });
  setInterval(() => {
    const now = performance.now();
    // The server speaks every ten seconds: a line that is silent for longer is dead, whatever the system says.
    if (line()?.reader && now - lastHeard > 25000) cut();
    // Whatever was tried has timed out by now.
    if (lost && !over && !line() && now - triedAt > 25000) tryNow();
    banner();
  }, 500);

  // ---- The sound: only after somebody touched the page, and only as long as they want it.

  const sound = $("sound");
  let audio = null, wanted = true;
  try { wanted = localStorage.getItem("room-sound") !== "off"; } catch { /* kept for this page only */ }
  const showSound = () => {
    sound.setAttribute("aria-pressed", String(wanted));
    sound.querySelector("span").textContent = wanted ? "Suara nyala" : "Suara mati";
  };
  const touched = () => {
    if (!audio && window.AudioContext) audio = new AudioContext();
    audio?.resume();
  };
  const ring = () => {
    if (!wanted || !audio) return;
    const tone = audio.createOscillator(), volume = audio.createGain(), now = audio.currentTime;
    tone.frequency.setValueAtTime(660, now);
    tone.frequency.setValueAtTime(880, now + 0.09);
    volume.gain.setValueAtTime(0.08, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + 0.3);
    tone.connect(volume).connect(audio.destination);
    tone.start(now);
    tone.stop(now + 0.3);
  };
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, touched, { once: true });
  sound.hidden = false;
  showSound();
  sound.addEventListener("click", () => {
    wanted = !wanted;
    try { localStorage.setItem("room-sound", wanted ? "on" : "off"); } catch { /* as above */ }
    showSound();
    ring();
  });
})();
