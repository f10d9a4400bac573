// What a sighted reader gets of the page: its text, each piece's colour and the ground it stands on. Set once as `sight`.
globalThis.sight = (() => {
  const known = new Map();
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  // [red, green, blue, alpha] of any computed colour; alpha from 0 to 1.
  const colour = (css) => {
    if (!known.has(css)) known.set(css, read(css));
    return known.get(css);
  };
  const read = (css) => {
    const plain = css.match(/^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/);
    if (plain) return [plain[1], plain[2], plain[3], plain[4] ?? 1].map(Number);
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [...[0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3])), 1];
  const hex = (c) => "#" + c.slice(0, 3).map((v) => Math.round(v).toString(16).padStart(2, "0")).join("");

  // WCAG 2.2, relative luminance and contrast ratio.
  const luminance = (c) => {
    const [r, g, b] = c.map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((one, other) => other - one);
    return (x + 0.05) / (y + 0.05);
  };

  // The colour behind the whole document: in a dark scheme browsers have a dark one of their own.
  const canvasColour = () => {
    const probe = document.createElement("i");
    probe.style.cssText = "display:none; background-color:Canvas";
    document.documentElement.append(probe);
    const css = getComputedStyle(probe).backgroundColor;
    probe.remove();
    return colour(css);
  };

  // The colour on which an element's text stands: its own and its ancestors' backgrounds, the nearest on top.
  const ground = (element) => {
    const layers = [];
    let picture = false;
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      picture ||= style.backgroundImage !== "none";
      const layer = colour(style.backgroundColor);
      if (layer[3]) layers.unshift(layer);
      if (layer[3] === 1) break;
    }
    return { colour: layers.reduce((under, top) => over(top, under), canvasColour()), picture };
  };

  const opacity = (element) => {
    let all = 1;
    for (let e = element; e; e = e.parentElement) all *= Number(getComputedStyle(e).opacity);
    return all;
  };
  // Text in a box that cuts it off whole, as hidden preheaders are.
  const clippedAway = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.overflow === "visible" || style.display === "inline") continue; // an inline box has no client size
      if (e.clientHeight <= 1 || e.clientWidth <= 1) return true;
    }
    return false;
  };
  const visible = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });

  // Every element with text of its own that can be seen: [{element, text}]. Spaces of any width are not text.
  const texts = () => {
    const found = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode()); ) {
      const text = node.data.replace(/[\s\u200a-\u200f\u034f\ufeff\u00ad]+/g, " ").trim();
      if (text) found.set(node.parentElement, [...(found.get(node.parentElement) ?? []), text]);
    }
    return [...found]
      .filter(([e]) => visible(e) && parseFloat(getComputedStyle(e).fontSize) > 0 && !clippedAway(e))
      .map(([element, parts]) => ({ element, text: parts.join(" ") }));
  };

  // How people find an element: itself and two ancestors, then the beginning of its text.
  const name = (element) => {
    const step = (e) => e.localName + [...e.classList].slice(0, 2).map((c) => "." + c).join("");
    const steps = [];
    for (let e = element; e && e !== document.documentElement && steps.length < 3; e = e.parentElement) steps.unshift(step(e));
    const text = (element.innerText || element.alt || "").replace(/\s+/g, " ").trim();
    return steps.join(" > ") + (text ? ` “${text.length > 50 ? text.slice(0, 49) + "…" : text}”` : "");
  };

  return { colour, hex, over, ratio, ground, opacity, visible, texts, name };
})();
