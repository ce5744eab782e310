"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const panes = ["source", "target"].map((name) => document.querySelector(`.pane[data-side="${name}"]`));
  if (!data || panes.includes(null)) return; // a page without programs to step through

  // Blocks of a pair light up together, under the pointer and under the keyboard.
  const light = (event) => {
    const from = event.target.closest && event.target.closest("[data-pair]");
    all(".lit").forEach((element) => element.classList.remove("lit"));
    if (from && event.type !== "mouseleave" && event.type !== "focusout") {
      all(`[data-pair="${from.dataset.pair}"]`).forEach((element) => element.classList.add("lit"));
    }
  };
  panes.forEach((pane) => {
    for (const type of ["mouseover", "mouseleave", "focusin", "focusout"]) pane.addEventListener(type, light);
    pane.addEventListener("click", (event) => {
      const chip = event.target.closest("button.chip");
      if (chip) panes.forEach((other) => reveal(other, other.querySelector(`[data-pair="${chip.dataset.pair}"]`)));
    });
  });

  // Scrolls the pane only, never the page: the slider must stay under the reader's hand.
  function reveal(pane, element) {
    if (!element) return;
    const code = pane.querySelector(".code");
    const line = element.closest(".line");
    const top = line.offsetTop, bottom = top + line.offsetHeight;
    if (top < code.scrollTop + 21 || bottom > code.scrollTop + code.clientHeight - 21) {
      code.scrollTop = top - code.clientHeight / 2;
    }
    const left = element === line ? 0 : element.offsetLeft, right = left + element.offsetWidth;
    if (element === line || left < code.scrollLeft || right > code.scrollLeft + code.clientWidth) {
      code.scrollLeft = element === line ? 0 : Math.max(0, Math.min(left - 110, right - code.clientWidth + 24));
    }
  }

  function mark(blocks) {
    panes.forEach((pane, side) => {
      const block = blocks[side];
      pane.classList.toggle("waits", block < 0);
      if (block < 0) return; // the last place stays, dimmed: this program waits there
      all(".now", pane).forEach((element) => element.classList.remove("now"));
      const now = all(`[data-b="${block}"]`, pane);
      now.forEach((element) => element.classList.add("now"));
      reveal(pane, now[0]);
    });
  }

  const replay = data.replay;
  const go = replay ? player(replay) : null;
  if (!replay && data.blames.length) panes.forEach((pane) => reveal(pane, pane.querySelector(".blamed-line")));

  all("[data-blame]").forEach((button) => button.addEventListener("click", () => {
    const [source, target, lines] = data.blames[Number(button.dataset.blame)];
    const moment = replay ? find(source, target, Number(button.dataset.blame)) : -1;
    if (moment >= 0) go(moment);
    panes.forEach((pane, side) => {
      const block = [source, target][side][0];
      const place = block === undefined ? `[data-line="${lines[side]}"]` : `[data-b="${block}"]`;
      if (moment < 0 && block !== undefined) mark(side ? [-1, block] : [block, -1]);
      reveal(pane, pane.querySelector(place));
    });
    if (moment < 0) panes.forEach((pane) => pane.classList.remove("waits"));
    document.querySelector(".programs").scrollIntoView({ block: "nearest" });
  }));

  // The first step in a blamed block where something differs, else the first step in it.
  function find(source, target, rank) {
    if (rank === 0 && replay.first >= 0) return replay.first;
    const here = replay.moments.map((moment, k) => [moment, k])
      .filter(([moment]) => source.includes(moment[1][0]) || target.includes(moment[1][1]));
    const hit = here.find(([moment]) => moment[3] === 1) || here[0];
    return hit ? hit[1] : -1;
  }

  function player({ moments, texts, first, total }) {
    const slider = byId("slider"), head = byId("head"), play = byId("play"), count = byId("count");
    const rows = all("#variables tbody tr");
    const said = [byId("said-source"), byId("said-target")];
    let at = 0, timer = null;
    slider.parentElement.style.setProperty("--n", moments.length);

    const fill = (cell, text) => {
      cell.replaceChildren(...texts[text].map(([part, differs]) => {
        if (!differs) return document.createTextNode(part);
        const element = document.createElement("mark");
        element.textContent = part;
        return element;
      }));
    };

    // Steps hold changes only, so the table at a step is the sum of all changes up to it.
    const table = (k) => {
      const cells = new Map();
      for (let i = 0; i <= k; i++) for (const change of moments[i][4]) cells.set(change[0], [...change, i]);
      return cells;
    };

    function show(k) {
      at = Math.max(0, Math.min(moments.length - 1, k));
      const [number, blocks, words] = moments[at];
      slider.value = at;
      slider.setAttribute("aria-valuetext", `step ${number + 1} of ${total}`);
      head.setAttribute("width", Math.max(0.12, moments.length / 260));
      head.setAttribute("x", at + 0.5 - Math.max(0.12, moments.length / 260) / 2);
      count.textContent = `${number + 1} of ${total}`;
      words.forEach((text, side) => { said[side].textContent = text || "waits"; said[side].classList.toggle("quiet", !text); });
      // Where a side waits it is shown at the last place it has been.
      const last = [0, 1].map((side) => {
        for (let i = at; i >= 0; i--) if (moments[i][1][side] >= 0) return moments[i][1][side];
        return -1;
      });
      mark(last);
      panes.forEach((pane, side) => {
        pane.classList.toggle("waits", blocks[side] < 0);
        if (last[side] < 0) all(".now", pane).forEach((element) => element.classList.remove("now"));
      });
      for (const [row, source, target, state, when] of table(at).values()) {
        fill(rows[row].children[1], source);
        fill(rows[row].children[2], target);
        rows[row].classList.toggle("different", state === 1);
        rows[row].classList.toggle("changed", when === at);
      }
    }

    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = "▶ Play";
      play.setAttribute("aria-pressed", "false");
    };
    const step = (by) => { stop(); show(at + by); };
    play.addEventListener("click", () => {
      if (timer) return stop();
      if (at === moments.length - 1) show(0);
      play.textContent = "❚❚ Pause";
      play.setAttribute("aria-pressed", "true");
      timer = setInterval(() => (at < moments.length - 1 ? show(at + 1) : stop()), 600);
    });
    byId("back").addEventListener("click", () => step(-1));
    byId("next").addEventListener("click", () => step(1));
    slider.addEventListener("input", () => { stop(); show(Number(slider.value)); });
    const jump = byId("jump");
    if (jump) jump.addEventListener("click", () => { stop(); show(first); });
    document.addEventListener("keydown", (event) => {
      if (event.target === slider || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest(".code") && event.target.closest(".code").scrollWidth > event.target.clientWidth) return;
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { event.preventDefault(); step(by); }
    });
    show(first >= 0 ? first : 0);
    return (k) => { stop(); show(k); };
  }
})();
