// The mail's column in the Outlook branch: the width of its widest table that holds text and is no full-width wrapper,
// the page's width, and text that stands outside that column.
() => {
  const page = document.documentElement.scrollWidth;
  const tables = [...document.querySelectorAll("table")].filter((table) => table.innerText.trim() && sight.visible(table));
  const fixed = tables.filter((table) => /^\d+(px)?$/.test(table.getAttribute("width") ?? "") || /^\d+px$/.test(table.style.width));
  const widest = fixed.reduce((best, table) => (table.offsetWidth > (best?.offsetWidth ?? 0) ? table : best), null);
  if (!widest) return { width: 0, page, beside: [] };
  const { left, right } = widest.getBoundingClientRect();
  const beside = sight.texts().filter(({ element }) => {
    const box = element.getBoundingClientRect();
    return box.left < left - 1 || box.right > right + 1;
  });
  return { width: Math.round(right - left), page, beside: beside.map(({ element }) => `${sight.name(element)} stands outside the column`) };
}
