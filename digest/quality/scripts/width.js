// How wide the page is, and what lies outside a window of that width or is cut off by its own box.
(width) => {
  const outside = [];
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (!box.width || !box.height || !sight.visible(element)) continue;
    if (box.right > width + 0.5 || box.left < -0.5) {
      if (outside.length && element.parentElement.getBoundingClientRect().width >= box.width) continue; // its parent is named
      outside.push(`${sight.name(element)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)} px: give it width:100% and max-width`);
    } else if (getComputedStyle(element).overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1) {
      outside.push(`${sight.name(element)} cuts off ${element.scrollWidth - element.clientWidth} px of what it holds`);
    }
  }
  return { width: document.documentElement.scrollWidth, outside };
}
