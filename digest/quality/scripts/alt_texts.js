// The mail's pictures where they are blocked: name, and what is wrong with what stands in their place ("" for nothing).
() => {
  const fault = (image) => {
    if (!image.hasAttribute("alt")) return "has no alt attribute";
    const box = image.getBoundingClientRect();
    const [wide, high] = [Number(image.getAttribute("width")) || box.width, Number(image.getAttribute("height")) || box.height];
    if (!image.alt.trim()) return wide >= 64 && high >= 64 ? "has an empty alt text: say what it shows" : "";
    if (box.width < 24 || box.height < 14) return `shows no alt text, its box is ${Math.round(box.width)} × ${Math.round(box.height)} px`;
    if (box.height > 400) return `leaves ${Math.round(box.height)} px empty: give it height:auto`;
    const style = getComputedStyle(image);
    const probe = document.createElement("div");
    probe.style.cssText = `position:absolute; visibility:hidden; width:${box.width}px; font:${style.font}; letter-spacing:${style.letterSpacing}`;
    probe.textContent = image.alt;
    document.body.append(probe);
    const needed = probe.getBoundingClientRect().height;
    probe.remove();
    return needed > box.height + 1 ? `cuts its alt text off: it needs ${Math.round(needed)} px, the box has ${Math.round(box.height)} px` : "";
  };
  return [...document.images].filter(sight.visible).map((image) => ({ name: sight.name(image), fault: fault(image) }));
}
