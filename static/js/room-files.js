// Files in the room, for whoever wants to send one: chosen, made smaller, kept on the device, sent with a bar that
// tells how far it is.

const MOST = 5 * 1024 * 1024, SILENCE_MS = 60000, WIDEST = 2048;
const KINDS = ["application/pdf", "image/png", "image/jpeg", "image/webp"];
const WRONG_KIND = "Berkas ini belum bisa dikirim. Pilih PDF, PNG, JPEG, atau WebP.";
const TOO_LARGE = "Berkas paling besar 5 MB. Kecilkan atau pilih yang lain.";
const size = (bytes) => bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1).replace(".", ",")} MB`;

export function start({ form, refuse, make, button }) {
  const input = form.querySelector("[type=file]"), shelf = openShelf();
  const held = new Map(), sending = new Map(); // message id → File, → XMLHttpRequest
  const chip = make("div", "chosen");
  let file = null, choosing = 0;

  const show = () => {
    chip.remove();
    if (!file) return;
    const away = button("linklike", "Hapus", () => {
      pick(null);
      form.text.focus();
    });
    away.setAttribute("aria-label", `Hapus lampiran ${file.name}`);
    const words = make("span", "file-name", file.name), picture = make("span", "chosen-picture");
    chip.replaceChildren(picture, words, make("small", "", size(file.size)), away);
    drawInto(picture, file, 40);
    form.prepend(chip);
  };
  const pick = (given) => {
    file = given;
    input.value = "";
    show();
  };

  return {
    chosen: () => file,

    // Checked before a byte is sent; what was chosen before stays when the new one will not do.
    async choose(given) {
      const turn = ++choosing;
      refuse("");
      if (!KINDS.includes(given.type)) {
        input.value = "";
        refuse(WRONG_KIND);
        return;
      }
      const fit = await smaller(given);
      if (turn !== choosing) return;
      if (fit.size > MOST) {
        input.value = "";
        refuse(TOO_LARGE);
      } else pick(fit);
    },

    take() {
      const taken = file;
      pick(null);
      return taken;
    },

    keep(id, given) {
      held.set(id, given);
      shelf.put(id, given);
    },

    drop(id) {
      held.delete(id);
      shelf.drop(id);
    },

    // A message that was not taken: its file is chosen again.
    back(id) {
      if (!file && held.has(id)) pick(held.get(id));
    },

    // The picture, the bar and the way out, in the message that is on its way.
    async show({ id, item }) {
      const given = await find(id), place = item.querySelector(".file");
      if (given && place) drawInto(place, given, 240);
    },

    async upload({ id, text, item }) {
      const given = await find(id);
      if (!given) return { status: 422, html: "Berkasnya tidak lagi ada di perangkat ini. Pilih sekali lagi." };
      const body = new FormData();
      body.append("_csrf", form._csrf.value);
      body.append("client_id", id);
      body.append("text", text);
      body.append("attachment", given, given.name);
      const bar = make("progress", "upload"), stop = button("linklike", "Batal", () => sending.get(id)?.abort());
      bar.max = 1;
      bar.value = 0;
      bar.setAttribute("aria-label", `Mengirim ${given.name}`);
      const row = make("div", "sending-file");
      row.append(bar, stop);
      item.querySelector(".meta")?.before(row);
      try {
        return await send(id, body, bar, item);
      } finally {
        sending.delete(id);
        row.remove();
      }
    },
  };

  async function find(id) {
    return held.get(id) ?? shelf.get(id);
  }

  // Gives up after a minute in which nothing moved; the same message can be sent again.
  function send(id, body, bar, item) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      let quiet = 0;
      const moved = () => {
        clearTimeout(quiet);
        quiet = setTimeout(() => { request.onabort = reject; request.abort(); }, SILENCE_MS);
      };
      request.upload.onprogress = ({ loaded, total }) => {
        moved();
        bar.value = loaded / total;
      };
      request.upload.onload = () => {
        bar.removeAttribute("value");
        const state = item.querySelector(".state");
        if (state) state.textContent = "Memproses…";
      };
      request.onload = () => resolve({
        status: request.status, html: request.responseText, elsewhere: request.getResponseHeader("HX-Redirect") !== null,
      });
      request.onerror = reject;
      request.onabort = () => resolve({ status: 422, html: "Pengiriman dibatalkan. Teks dan berkasnya masih di sini." });
      request.onloadend = () => clearTimeout(quiet);
      request.open("POST", form.action);
      request.setRequestHeader("HX-Request", "true");
      request.setRequestHeader("HX-Request-Type", "partial");
      sending.set(id, request);
      moved();
      request.send(body);
    });
  }
}

// A photo of today's phones is far larger than a chat needs, and a slow line pays for every byte.
async function smaller(file) {
  const photo = file.type === "image/jpeg" && file.size > 500000;
  if (!photo && (file.size <= MOST || file.type === "application/pdf")) return file;
  try {
    const picture = await createImageBitmap(file), scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
    if (!made || made.size >= file.size) return file;
    return new File([made], `${file.name.replace(/\.\w+$/, "")}.jpg`, { type: "image/jpeg" });
  } catch {
    return file; // the server says what is wrong with it
  }
}

// A look at the picture, drawn: the page's policy allows no images but the site's own.
async function drawInto(place, file, most) {
  if (!file.type.startsWith("image/")) return;
  try {
    const picture = await createImageBitmap(file), scale = Math.min(1, most / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.ceil(picture.width * scale * 2);
    canvas.height = Math.ceil(picture.height * scale * 2);
    canvas.style.width = `${canvas.width / 2}px`;
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    place.prepend(canvas);
  } catch { /* the name says enough */ }
}

// Where files wait for a line, also over a reload. A browser that keeps none forgets them with the page.
function openShelf() {
  const opened = new Promise((resolve) => {
    try {
      const asked = indexedDB.open("room-files", 1);
      asked.onupgradeneeded = () => asked.result.createObjectStore("files");
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => resolve(null);
    } catch {
      resolve(null);
    }
  });
  const ask = async (mode, act) => {
    const database = await opened;
    if (!database) return undefined;
    return new Promise((resolve) => {
      try {
        const asked = act(database.transaction("files", mode).objectStore("files"));
        asked.onsuccess = () => resolve(asked.result);
        asked.onerror = () => resolve(undefined);
      } catch {
        resolve(undefined);
      }
    });
  };
  return {
    put: (id, file) => ask("readwrite", (files) => files.put(file, id)),
    get: (id) => ask("readonly", (files) => files.get(id)),
    drop: (id) => ask("readwrite", (files) => files.delete(id)),
  };
}
