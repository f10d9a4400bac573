// Rows, as [top, bottom], in which something meant crosses a column of the page: a rule, a border or a picture.
(x) => {
  const rows = [];
  const add = (top, bottom) => rows.push([Math.floor(top + scrollY), Math.ceil(bottom + scrollY)]);
  for (const element of document.body.querySelectorAll("*")) {
    const box = element.getBoundingClientRect();
    if (box.left > x || box.right < x + 1 || !box.height) continue;
    const style = getComputedStyle(element);
    const painted = sight.colour(style.backgroundColor)[3] > 0;
    if (element.localName === "img" || (painted && box.height <= 8)) add(box.top, box.bottom);
    const [above, below] = [parseFloat(style.borderTopWidth), parseFloat(style.borderBottomWidth)];
    if (above) add(box.top, box.top + above);
    if (below) add(box.bottom - below, box.bottom);
  }
  return rows;
}
