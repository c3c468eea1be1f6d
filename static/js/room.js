// The chat room. The page works without it; with it messages appear at once, wait on the device for a lost line
// and go out in order, the clock runs between the server's words, and the line repairs itself.
(() => {
  "use strict";

  const room = document.getElementById("room");
  if (!room) return;
  const $ = (id) => document.getElementById(id);
  const stream = $("stream"), form = $("composer"), box = $("pesan"), list = $("messages"), view = $("thread");
  const { side, room: booking } = room.dataset;
  const other = side === "user" ? "expert" : "user";
  const now = () => performance.now();
  const clockIs = () => $("countdown").dataset.state;

  // One after the other: what is overwritten at once is never read out.
  const said = [];
  const announce = (words) => { if (!said.includes(words) && said.push(words) === 1) sayNext(); };
  const sayNext = () => {
    if (!said.length) return;
    $("announce").textContent = said[0];
    setTimeout(() => {
      said.shift();
      sayNext();
    }, 2000);
  };
  const within = (ms) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), ms);
    return stop.signal;
  };
  const parse = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  // Why a message was not taken, beside the box.
  const refuse = (words) => {
    const refusal = $("refusal");
    refusal.textContent = words;
    refusal.hidden = !words;
  };

  // ---- What the device keeps: the draft, and each message that is not sent yet under a name that sorts by time.
  // All tabs of one person share it. A browser that keeps nothing keeps it in the page.

  const memory = `room/${booking}/${side}/`, draft = `${memory}draft`, outbox = `${memory}out/`;
  const loose = new Map();
  let disk = null;
  try { disk = localStorage; } catch { /* forbidden */ }
  const read = (key) => loose.get(key) ?? disk?.getItem(key) ?? "";
  const keep = (key, value) => {
    loose.delete(key);
    try {
      if (value) disk.setItem(key, value);
      else disk.removeItem(key);
    } catch {
      if (value) loose.set(key, value);
    }
  };
  const waiting = () => [...loose.keys(), ...Object.keys(disk ?? {})].filter((key) => key.startsWith(outbox)).sort();
  const idIn = (key) => key.split("/").pop();

  // Old browsers make such ids for blobs only.
  const newId = () => crypto.randomUUID?.() ?? URL.createObjectURL(new Blob()).slice(-36);

  // ---- The thread: in the order of the numbers, those still on their way last, a line where a day begins.

  // A day's line goes with what follows it.
  const seqOf = (item) => Number(item.dataset.seq ?? (item.className === "day" && item.nextElementSibling?.dataset.seq)) || Infinity;
  const make = (name, className, text = "") => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };
  const button = (className, text, act) => {
    const made = make("button", className, text);
    made.type = "button";
    made.addEventListener("click", act);
    return made;
  };

  const settleDay = (item) => {
    if (!item?.dataset.seq) return;
    const above = item.previousElementSibling, line = above?.className === "day" ? above : null;
    const last = line ? line.previousElementSibling : above, { day } = item.dataset;
    if (last?.dataset.day === day) line?.remove();
    else if (!line) item.before(make("li", "day", day));
  };

  const place = (item) => {
    let after = item.parentElement ? item.previousElementSibling : list.lastElementChild;
    while (after && seqOf(after) > seqOf(item)) after = after.previousElementSibling;
    if (!item.parentElement || after !== item.previousElementSibling) after ? after.after(item) : list.prepend(item);
    settleDay(item);
    settleDay(item.nextElementSibling);
  };

  // At the newest message the view stays there by itself; whoever scrolled up keeps reading where they were.
  const atBottom = () => view.scrollTop > -48;
  const keepingPlace = (change) => {
    const stay = !atBottom(), top = view.scrollTop, height = view.scrollHeight;
    change();
    if (stay) view.scrollTop = top - (view.scrollHeight - height);
    return stay;
  };

  let jump = null, below = 0;
  const showJump = () => {
    below += 1;
    if (!jump) {
      jump = button("btn small jump", "", () => { view.scrollTop = 0; });
      view.prepend(jump);
    }
    jump.replaceChildren(make("span", "count", below), " Pesan baru ↓");
  };
  view.addEventListener("scroll", () => {
    if (jump && atBottom()) {
      jump.remove();
      jump = null;
      below = 0;
    }
  }, { passive: true });

  const older = $("older");
  const loadOlder = async (event) => {
    event?.preventDefault();
    if (older.getAttribute("aria-busy") === "true") return;
    older.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(older.href);
      if (!answer.ok) throw new Error(answer.status);
      const page = parse(await answer.text()), more = page.getElementById("older");
      const first = list.querySelector("[data-seq]");
      view.setAttribute("aria-live", "off");
      list.prepend(...page.querySelectorAll("#messages > li"));
      setTimeout(() => view.setAttribute("aria-live", "polite"), 500);
      settleDay(first);
      if (more) older.href = more.getAttribute("href");
      else older.parentElement.remove();
    } catch {
      older.textContent = "Belum bisa dimuat, coba lagi";
    }
    older.removeAttribute("aria-busy");
  };
  if (older && stream) {
    older.addEventListener("click", loadOlder);
    if (window.IntersectionObserver) {
      new IntersectionObserver(([seen]) => { if (seen.isIntersecting && view.scrollTop < 0) loadOlder(); },
        { root: view, rootMargin: "200px 0px 0px" }).observe(older);
    }
  }

  // ---- The clock: the server says how much is left, performance.now() carries it on; the device's time is never asked.

  let shown = null, left = 0, heard = 0, before = 0;
  const spoken = [[60, "Tersisa 1 menit."], [300, "Tersisa 5 menit."], [600, "Tersisa 10 menit."]];
  const pad = (n) => String(n).padStart(2, "0");
  const written = (seconds) => {
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return (hours ? `${hours}:` : "") + `${pad(minutes)}:${pad(seconds % 60)}`;
  };

  const tick = () => {
    const clock = $("countdown");
    if (clock !== shown) {
      // The first one is as old as the answer that brought the page.
      heard = shown ? now() : performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
      left = Number(clock.dataset.ms);
      if (shown && shown.dataset.state !== clock.dataset.state) refuse("");
      shown = clock;
      const end = $("end-session");
      if (end) end.hidden = clockIs() === "waiting";
    }
    if (clock.dataset.state !== "running" || clock.dataset.ms === undefined) return;
    const seconds = Math.max(0, Math.ceil((left - (now() - heard)) / 1000));
    const mark = spoken.find(([at]) => before > at && seconds <= at);
    if (mark) announce(mark[1]);
    before = seconds;
    const text = written(seconds), face = clock.querySelector("b");
    if (face.textContent === text) return;
    face.textContent = text;
    clock.dataset.remaining = seconds;
    clock.classList.toggle("last", seconds <= 60);
    for (const place of document.querySelectorAll("[data-time-left]")) place.textContent = text;
  };

  tick();
  setInterval(tick, 200);

  // Over: what did not go out in time is not lost.
  const giveBack = () => {
    const texts = [...waiting().map((key) => JSON.parse(read(key)).text), box.value].filter((text) => text.trim());
    waiting().forEach((key) => keep(key));
    box.value = texts.join("\n\n");
    box.readOnly = true;
    keep(draft, box.value);
    form.hidden = !box.value;
    $("discard").hidden = false;
    if (box.value) refuse("Sesi sudah berakhir, jadi teks ini tidak terkirim. Salin bila masih Anda perlukan.");
  };
  $("discard").addEventListener("click", () => {
    keep(draft);
    form.hidden = true;
  });
  if (!stream && clockIs() !== "ended") return; // reading old messages: the form works by itself
  if (!box.value) box.value = read(draft);
  if (!stream) {
    giveBack();
    return;
  }

  // ---- Sending: the oldest first, one after the other, each under the id it was written with: whichever tab sends
  // it, and however often, the room takes it once.

  const drawn = new Map(); // id → {id, key, text, file, item}
  let busy = false, again = false, helping = 0, over = false, lost = true, files = null;

  const draw = (key) => {
    const message = { id: idIn(key), key, ...JSON.parse(read(key)) };
    const item = make("li", "msg mine sending"), meta = make("p", "meta");
    item.dataset.clientId = message.id;
    item.dataset.sender = side;
    if (message.file) item.append(make("p", "file", message.file.name));
    if (message.text) {
      const words = make("div", "text", message.text);
      words.dir = "auto";
      item.append(words);
    }
    meta.append(make("span", "state"));
    item.append(meta);
    message.item = item;
    drawn.set(message.id, message);
    list.append(item);
    mark(message, "Mengirim…");
    if (message.file) withFiles().then((on) => on.show(message), () => {});
  };

  const mark = ({ item }, words, failed = false) => {
    const state = item.querySelector(".state");
    if (!state) return;
    item.classList.toggle("failed", failed);
    item.classList.toggle("sending", !failed);
    state.replaceChildren(failed ? button("linklike", words, deliver) : words);
    if (failed) announce("Pesan belum terkirim.");
  };

  // What other tabs wrote, sent or took back is drawn here too; without a line nobody else would show what they sent.
  const sync = () => {
    const keys = waiting();
    for (const key of keys) {
      if (list.querySelector(`[data-seq][data-client-id="${CSS.escape(idIn(key))}"]`)) keep(key);
      else if (!drawn.has(idIn(key))) draw(key);
    }
    for (const message of [...drawn.values()]) if (!lost && !keys.includes(message.key)) forget(message);
  };
  const settle = (message) => {
    keep(message.key);
    drawn.delete(message.id);
    if (message.file) files?.then((on) => on.drop(message.id));
  };
  const forget = (message) => {
    settle(message);
    message.item.remove();
  };

  const queue = (text, file) => {
    const last = Number(waiting().pop()?.slice(outbox.length).split("/")[0]) || 0, id = newId();
    const key = `${outbox}${Math.max(Date.now(), last + 1)}/${id}`;
    if (file) files.then((on) => on.keep(id, file));
    keep(key, JSON.stringify({ text, file: file && { name: file.name, size: file.size } }));
    draw(key);
    view.scrollTop = 0;
  };

  // The server's copy becomes ours in the same element, so that it is read out once; the answer or the stream
  // may bring it first.
  const adopt = (message, fresh) => {
    const { item } = message, was = item.querySelector(".text"), is = fresh.querySelector(".text");
    for (const { name, value } of fresh.attributes) item.setAttribute(name, value);
    if (message.file || was?.innerHTML !== is?.innerHTML) item.replaceChildren(...fresh.childNodes);
    else item.querySelector(".meta").replaceWith(fresh.querySelector(".meta"));
    settle(message);
    place(item);
  };
  const receive = (fresh) => keepingPlace(() => {
    const message = drawn.get(fresh.dataset.clientId), first = list.querySelector("[data-seq]");
    if ($(fresh.id)) message && forget(message);
    else if (message) adopt(message, fresh);
    else if (!$("older") || seqOf(fresh) > seqOf(first)) place(fresh);
    showRead();
  });

  // A tab without a line hears from the one that sent its message, or took it back.
  const tabs = window.BroadcastChannel && new BroadcastChannel(outbox);
  tabs?.addEventListener("message", ({ data: { id, html } }) => {
    if (html) receive(parse(html).querySelector("li"));
    else if (drawn.has(id)) forget(drawn.get(id));
  });

  const backIntoBox = (message) => {
    if (message.file) files?.then((on) => on.back(message.id));
    forget(message);
    tabs?.postMessage({ id: message.id });
    box.value = [message.text, box.value].filter((text) => text.trim()).join("\n\n");
    keep(draft, box.value);
    grow();
  };

  // Answers {status, html, elsewhere}; status 0: no answer came, whether it arrived is not known.
  const post = async (message) => {
    if (message.file) return (await withFiles()).upload(message);
    const body = new URLSearchParams({ _csrf: form._csrf.value, client_id: message.id, text: message.text });
    const answer = await fetch(form.action, {
      method: "POST", body, signal: within(15000), headers: { "HX-Request": "true", "HX-Request-Type": "partial" },
    });
    return { status: answer.status, html: await answer.text(), elsewhere: answer.headers.has("HX-Redirect") };
  };

  const sendAll = async () => {
    sync();
    for (let message; (message = drawn.get(idIn(waiting()[0] ?? ""))) && !over;) {
      mark(message, "Mengirim…");
      const { status, html, elsewhere } = await post(message).catch(() => ({ status: 0 }));
      if (elsewhere) reload();
      else if (status === 200 || status === 201) {
        receive(parse(html).querySelector("li"));
        tabs?.postMessage({ id: message.id, html });
      } else if (!drawn.has(message.id)) return; // given back meanwhile
      else if ([409, 413, 422].includes(status)) {
        backIntoBox(message);
        refuse(parse(html).textContent.trim() || "Pesan belum terkirim. Teksnya masih di kotak pesan.");
      } else {
        const waits = !status && (lost || !navigator.onLine);
        mark(message, waits ? "Menunggu koneksi…" : "Gagal, coba lagi", !waits);
        for (const later of drawn.values()) if (later !== message) mark(later, "Menunggu…");
        if (status === 403 || status === 404) refuse("Muat ulang halaman ini, lalu kirim lagi.");
        return;
      }
      sync();
    }
  };

  // One tab at a time; one that fell asleep over it does not stop the others for ever.
  const alone = async (work) => {
    if (!navigator.locks) return work();
    const stop = new AbortController(), timer = setTimeout(() => stop.abort(), 60000);
    const asked = now();
    const begin = async () => {
      clearTimeout(timer);
      // What the tab before us took out of the queue is heard here a moment later.
      if (now() - asked > 20) await new Promise((resolve) => { setTimeout(resolve, 100); });
      return work();
    };
    try {
      return await navigator.locks.request(outbox, { signal: stop.signal }, begin);
    } catch {
      return stop.signal.aborted ? navigator.locks.request(outbox, { steal: true }, work) : null;
    }
  };
  async function deliver() {
    again = busy;
    if (busy || over || !waiting().length) return;
    busy = true;
    await alone(sendAll).catch(() => {});
    busy = false;
    if (again) deliver();
  }

  const submit = async () => {
    const on = files || $("lampiran").files.length ? await withFiles() : null;
    const text = box.value.trim(), focused = form.contains(document.activeElement);
    if (over || !(text || on?.chosen())) return;
    if (clockIs() === "waiting" && $("countdown").dataset.ms !== undefined) {
      refuse("Pesan bisa dikirim setelah sesi dimulai. Teks Anda tetap di kotak pesan.");
      return;
    }
    refuse("");
    box.value = "";
    typed = -Infinity; // what is written next is told at once
    keep(draft);
    grow();
    queue(text, on?.take());
    deliver();
    if (focused) box.focus();
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit().catch(notReady);
  });
  const keyboard = matchMedia("(hover: hover) and (pointer: fine)");
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !keyboard.matches) return;
    event.preventDefault();
    form.requestSubmit();
  });

  // What is typed outlives a reload and a closed tab, and is the same in every tab where nobody is typing.
  const grow = () => {
    if (CSS.supports("field-sizing", "content")) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
  };
  box.addEventListener("input", () => {
    keep(draft, box.value);
    grow();
    if (box.value && now() - typed > 3000) {
      typed = now();
      writes = true;
      tell();
    }
  });
  addEventListener("storage", ({ key, oldValue, newValue }) => {
    if (key === draft && box.value === (oldValue ?? "") && document.activeElement !== box) {
      box.value = newValue ?? "";
      grow();
    } else if (!key || key.startsWith(outbox)) {
      sync();
      // The tab that wrote it sends it, unless it is gone.
      clearTimeout(helping);
      helping = setTimeout(deliver, 3000);
    }
  });

  // ---- Files: their script comes when somebody wants to send one.

  const withFiles = () => {
    files ??= import(form.dataset.files).then((on) => on.start({ form, refuse, make, button }));
    files.catch(() => { files = null; });
    return files;
  };
  const choose = (event, given) => {
    if (!given?.files.length) return;
    event.preventDefault();
    withFiles().then((on) => on.choose(given.files[0])).catch(notReady);
  };
  const notReady = () => refuse("Lampiran belum bisa disiapkan. Periksa koneksi, lalu coba lagi.");
  $("lampiran").addEventListener("click", () => { withFiles().catch(() => {}); });
  $("lampiran").addEventListener("change", (event) => choose(event, event.target));
  box.addEventListener("paste", (event) => choose(event, event.clipboardData));
  room.addEventListener("drop", (event) => choose(event, event.dataTransfer));
  room.addEventListener("dragover", (event) => {
    if (event.dataTransfer.types.includes("Files")) event.preventDefault();
  });

  // ---- Signs of life: that somebody is here, how far they really read, that they are typing; and the other's.

  let readUpTo = 0, told = 0, toldAt = -Infinity, typed = -Infinity, writes = false, telling = false, unseen = 0;
  const title = document.title;

  async function tell() {
    if (telling || over) return;
    telling = true;
    const seq = readUpTo;
    const body = new URLSearchParams({ _csrf: form._csrf.value, read: seq, typing: writes ? "1" : "" });
    writes = false;
    try {
      await fetch(`/session/${booking}/here`, {
        method: "POST", body, signal: within(10000), keepalive: true, headers: { "HX-Request": "true" },
      });
      told = seq;
      toldAt = now();
    } catch { /* the next one says it too */ }
    telling = false;
    if (told === seq && (writes || readUpTo > told)) tell();
  }
  // What lies above the lower edge of the thread in a visible tab has been read.
  const look = () => {
    if (document.hidden) return;
    unseen = 0;
    document.title = title;
    const edge = view.getBoundingClientRect().bottom + 4;
    let item = list.lastElementChild;
    while (item && !(item.dataset.seq && item.getBoundingClientRect().bottom <= edge)) item = item.previousElementSibling;
    if (item) readUpTo = Math.max(readUpTo, seqOf(item));
  };
  let looking = 0;
  const lookSoon = () => {
    looking ||= setTimeout(() => {
      looking = 0;
      look();
      if (readUpTo > told) tell();
    }, 400);
  };
  view.addEventListener("scroll", lookSoon, { passive: true });
  // The server counts thirty seconds of silence as gone. Timers sleep in hidden tabs, what the stream brings wakes it.
  const stillHere = () => { if (now() - toldAt > 15000) tell(); };
  setInterval(stillHere, 3000);

  function showRead() {
    const upTo = Number($("read-mark")?.dataset.seq);
    for (const item of list.querySelectorAll(".mine[data-seq]:not(.read)")) {
      if (seqOf(item) > upTo) continue;
      item.classList.add("read");
      item.querySelector(".state").textContent = "Dibaca";
    }
  }

  let typing = null, typingStops = 0;
  const showTyping = () => {
    if (typing === $("typing")) return;
    typing = $("typing");
    clearTimeout(typingStops);
    typingStops = setTimeout(stopTyping, 6000);
  };
  const stopTyping = () => { if (typing) typing.textContent = ""; };

  // What the room asks of this side is heard as well, and a swap does not take the focus away.
  const words = () => $("panel").querySelector("h2, p")?.textContent;
  let asked = words(), held = "";
  const holdPanel = () => { held = $("panel").contains(document.activeElement) ? document.activeElement.outerHTML : ""; };
  const showPanel = () => {
    if (held && !$("panel").contains(document.activeElement)) {
      for (const part of $("panel").querySelectorAll("a, button")) if (part.outerHTML === held) part.focus();
    }
    if (words() && words() !== asked) announce(words());
    asked = words();
  };

  // ---- The line. hx-sse 4.0.1 reconnects with Last-Event-ID by itself, but it gives up when the very first
  // connection fails, and takes a 204 for a broken answer: both are handled here.

  // Up to here the page has everything. Answers to our own posts do not move it: something may be missing before them.
  let cursor = Number(new URL(stream.getAttribute("hx-sse:connect"), location).searchParams.get("after"));
  let request = null, lastHeard = now(), lostSince = lastHeard, triedAt = lastHeard, retry = 0, full = "";
  const line = () => stream._htmx?.sse;

  // A name for this tab, so that its next stream takes the place of its last. Nothing is kept while the page is open:
  // a copy of the tab finds none and makes its own.
  let tab = newId();
  try {
    tab = sessionStorage.getItem("tab") ?? tab;
    sessionStorage.removeItem("tab");
    addEventListener("pagehide", () => sessionStorage.setItem("tab", tab));
    addEventListener("pageshow", () => sessionStorage.removeItem("tab"));
  } catch { /* then every page is a new tab */ }
  const eventsUrl = () => `/session/${booking}/events?after=${cursor}&tab=${tab}`;

  // The server has another page for us: over, cancelled, signed out. Never twice in ten seconds.
  function reload() {
    if (over) return;
    over = true;
    try {
      if (Date.now() - Number(sessionStorage.getItem("room-reloaded")) < 10000) return;
      sessionStorage.setItem("room-reloaded", Date.now());
    } catch { /* then it may happen again */ }
    location.reload();
  }

  const found = () => {
    lost = false;
    full = "";
    retry = 0;
    banner();
    sync();
    deliver();
    lookSoon();
  };
  const lose = () => {
    if (!lost) lostSince = now();
    lost = true;
  };
  const banner = () => {
    const bar = $("connection"), long = lost && !over && (full || !navigator.onLine || now() - lostSince > 1500);
    bar.classList.toggle("lost", Boolean(long));
    if (full) bar.querySelector("span").textContent = full;
    bar.querySelector("[data-reconnect]").hidden = !(long && (full || now() - lostSince > 60000));
  };
  const tryNow = () => {
    triedAt = now();
    if (line()) line().delayCanceller?.();
    else if (lost) window.htmx?.trigger(stream, "reconnect");
  };
  const cut = () => {
    lose();
    line()?.reader?.cancel();
  };
  // Too many tabs: whoever closes one says so; the rest of the time nobody is asked.
  const tooMany = (words) => {
    full = words || "Ruang ini sudah terbuka di terlalu banyak tab.";
    lose();
    banner();
  };

  stream.addEventListener("htmx:config:request", (event) => {
    request = event.detail.ctx.request;
    request.action = eventsUrl();
  });
  stream.addEventListener("htmx:before:response", (event) => {
    const { response } = event.detail.ctx;
    if (response.status === 200) return;
    event.preventDefault(); // a refusal is no message
    if (response.status === 429) response.raw.text().then((html) => {
      const words = parse(html).querySelector("p");
      words?.querySelectorAll("strong, a").forEach((part) => part.remove());
      tooMany(words?.textContent.trim());
    });
  });
  stream.addEventListener("htmx:finally:request", (event) => {
    if (line() || over) return;
    const status = event.detail.ctx.response?.status;
    if (status && status < 500 && status !== 429) {
      reload();
      return;
    }
    lose();
    if (status === 429) return;
    retry = Math.min(retry + 1, 5);
    setTimeout(() => { if (lost && !over) tryNow(); }, 1000 * retry);
  });
  stream.addEventListener("htmx:sse:before:connection", (event) => {
    if (over || full) {
      event.preventDefault();
      return;
    }
    if (event.detail.connection.attempt > 0) lose();
    if (request) request.action = eventsUrl();
  });
  stream.addEventListener("htmx:sse:after:connection", (event) => {
    lastHeard = now();
    if (event.detail.connection.status === 204) reload();
  });
  stream.addEventListener("htmx:sse:error", (event) => {
    lose();
    const { status } = event.detail;
    if (status === 429) tooMany();
    else if (status && status < 500) reload();
  });

  const arrived = (item, stay) => {
    showRead();
    lookSoon();
    if (item.dataset.sender !== other) return;
    stopTyping();
    if (stay) showJump();
    ring();
    if (!document.hidden) return;
    unseen += 1;
    document.title = `(${unseen}) ${title}`;
  };

  // A message is put where it belongs at once; what else came with it is left to htmx.
  stream.addEventListener("htmx:sse:before:message", (event) => {
    lastHeard = now();
    if (lost) found();
    stillHere();
    holdPanel();
    const { message } = event.detail;
    if (!message.data.startsWith("<li")) return;
    const came = parse(message.data), item = came.firstElementChild, known = $(item.id);
    cursor = Math.max(cursor, seqOf(item));
    item.remove();
    const stay = receive(item);
    message.data = Array.from(came.children, (part) => part.outerHTML).join("");
    if (!message.data) event.preventDefault();
    if (!known) arrived($(item.id), stay);
  });
  stream.addEventListener("htmx:sse:after:message", () => {
    tick();
    showRead();
    showTyping();
    showPanel();
  });

  stream.addEventListener("changed", reload);
  stream.addEventListener("ended", () => {
    over = true;
    banner();
    const tools = document.querySelector(".room-tools"), dialogs = document.querySelectorAll("dialog[open]");
    const gone = [form, tools, ...dialogs].some((part) => part.contains(document.activeElement));
    for (const dialog of dialogs) dialog.close();
    for (const part of form.querySelectorAll("button:not(#discard), [type=file], .attach")) part.hidden = true;
    tools.hidden = true;
    for (const message of drawn.values()) message.item.remove();
    drawn.clear();
    giveBack();
    if (gone) $("ended-title")?.focus();
  });

  const comeBack = () => {
    full = "";
    tryNow();
  };
  document.addEventListener("click", (event) => { if (event.target.closest?.("[data-reconnect]")) comeBack(); });
  addEventListener("online", tryNow);
  addEventListener("offline", () => {
    cut();
    banner();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    if (now() - lastHeard > 12000) cut();
    lookSoon();
    comeBack();
    deliver();
  });
  setInterval(() => {
    // The server speaks every ten seconds: a line that is silent for longer is dead, whatever the system says.
    if (line()?.reader && now() - lastHeard > 25000) cut();
    // Whatever was tried has timed out by now.
    if (lost && !over && !full && !line() && now() - triedAt > 25000) tryNow();
    banner();
  }, 500);

  // ---- The sound: only after somebody touched the page, and only as long as they want it. Its script comes then.

  const sound = $("sound");
  let wanted = read("room-sound") !== "off", bell = null;
  const ring = () => { if (wanted) bell?.ring(); };
  const showSound = () => sound.setAttribute("aria-checked", String(wanted));
  const touched = () => import(room.dataset.sound).then((on) => { bell ??= on.start(); }).catch(() => {});
  for (const name of ["pointerdown", "keydown"]) document.addEventListener(name, touched, { once: true });
  sound.hidden = false;
  showSound();
  sound.addEventListener("click", () => {
    wanted = !wanted;
    keep("room-sound", wanted ? "on" : "off");
    showSound();
    ring();
  });

  sync();
  deliver();
  grow();
  showRead();
  tell();
  lookSoon();
})();
