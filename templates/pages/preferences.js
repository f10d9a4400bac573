// Makes the page answer at once what it would otherwise be loaded again for: moving a topic, and what the choices bring.
// Nothing is saved before “Save changes” is pressed, with this script or without it.
"use strict";
(() => {
  const chosen = document.getElementById("chosen");
  const outline = document.getElementById("outline");
  const said = document.getElementById("said");
  const form = chosen.closest("form");

  const show = document.getElementById("show");
  const PAUSE_MS = 250; // after the last of several changes, before the server is asked
  let waiting = 0;
  let asking = new AbortController();
  show.hidden = true;

  const isTicked = (row) => row.querySelector("input[name=topic]").checked;

  function draw() {
    const rows = [...form.querySelectorAll(".topic")].filter(isTicked);
    outline.replaceChildren(...rows.map((row) => {
      const item = document.createElement("li");
      const name = document.createElement("b");
      name.className = row.dataset.colour;
      const own = document.createElement("bdi"); // it may run the other way than the page
      own.textContent = row.dataset.topic;
      name.append(own);
      const depth = document.createElement("span");
      depth.className = "small";
      depth.textContent = row.querySelector(".depth input:checked + span").textContent;
      item.append(name, depth);
      return item;
    }));
  }

  // The server says what would be chosen; an answer that a later change has overtaken is dropped.
  async function preview() {
    asking.abort();
    asking = new AbortController();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(`${form.action}/preview`, { method: "POST", body, signal: asking.signal });
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["sum", "outline", "first"]) {
        const [now, then] = [document.getElementById(id), page.getElementById(id)];
        if (now.innerHTML !== then.innerHTML) now.innerHTML = then.innerHTML;
      }
      document.getElementById("brief").textContent = page.querySelector("#sum > span").textContent;
    } catch (error) {
      if (error.name !== "AbortError") show.hidden = false; // the button asks without script
    }
  }

  function previewSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(preview, PAUSE_MS);
  }

  function closeEnds() {
    const last = chosen.children.length - 1;
    [...chosen.children].forEach((row, place) => {
      const [up, down] = row.querySelectorAll(".move button");
      up.disabled = place === 0;
      down.disabled = place === last;
    });
  }

  function showUnsaved() {
    document.getElementById("unsaved").hidden = false;
    document.getElementById("saved")?.remove();
  }

  chosen.addEventListener("click", (event) => {
    const button = event.target.closest("button[name=move]");
    if (!button) return;
    event.preventDefault();
    const row = button.closest(".topic");
    if (button.value.startsWith("up:")) row.previousElementSibling?.before(row);
    else row.nextElementSibling?.after(row);
    closeEnds();
    draw();
    showUnsaved();
    previewSoon();
    (button.disabled ? row.querySelector(".move button:not(:disabled)") : button)?.focus();
    const place = [...chosen.children].indexOf(row) + 1;
    const values = { topic: row.dataset.topic, place, count: chosen.children.length };
    said.textContent = said.dataset.moved.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  });
  form.addEventListener("change", () => {
    draw();
    showUnsaved();
    previewSoon();
  });

  // Reloading the page later must not say “Saved” again.
  if (location.search) history.replaceState(null, "", location.pathname);
})();
