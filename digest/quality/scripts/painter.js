// The name of the element whose background shows at a point of the page.
({ x, y }) => {
  let last = null;
  for (const element of [document.documentElement, ...document.querySelectorAll("body, body *")]) {
    const box = element.getBoundingClientRect();
    const covers = box.left <= x && x < box.right && box.top + scrollY <= y && y < box.bottom + scrollY;
    if (covers && sight.colour(getComputedStyle(element).backgroundColor)[3] > 0) last = element;
  }
  return last ? sight.name(last) : "nothing but the window";
}
