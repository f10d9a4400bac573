// The studio works without this. With it: a wide mail shrinks to fit, menus close by themselves, and a few keys work.
"use strict";
document.documentElement.classList.add("scripted");

const frame = document.querySelector("iframe[data-width]");

function fit() {
  const width = Number(frame.dataset.width);
  const room = frame.closest(".stage").clientWidth - 30;  // its padding and the device's border
  const scale = Math.min(1, room / width);
  const shrinks = width > 600 && scale < 1;  // narrower ones never need to: phones show them as phones do
  frame.closest(".device").classList.toggle("scaled", shrinks);
  frame.style.width = shrinks ? `${width}px` : "";
  frame.style.height = shrinks ? `${100 / scale}%` : "";
  frame.style.transform = shrinks ? `scale(${scale})` : "";
}
if (frame) {
  fit();
  addEventListener("resize", fit);
}

const menus = [...document.querySelectorAll("details.menu")];
const close = (except) => menus.filter((menu) => menu !== except).forEach((menu) => { menu.open = false; });
addEventListener("click", (event) => close(event.target.closest("details.menu")));
for (const menu of menus) {
  menu.addEventListener("toggle", () => menu.open && menu.querySelector("input[type=search]")?.focus());
}

function step(by) {
  const stories = [...document.querySelectorAll(".stories .story")];
  const here = stories.findIndex((story) => story.ariaCurrent);
  stories[here < 0 && by < 0 ? stories.length - 1 : here + by]?.click();
}
const keys = {
  j: () => step(1),
  k: () => step(-1),
  "[": () => document.querySelector("a[rel=prev]")?.click(),
  "]": () => document.querySelector("a[rel=next]")?.click(),
  "/": () => { document.querySelector(".who details").open = true; },
};
addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  if (event.target.closest("input") || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
const list = document.querySelector(".stories .scroll");
const chosen = list.querySelector("[aria-current]");
if (chosen) list.scrollTop = chosen.offsetTop - list.clientHeight / 2;
