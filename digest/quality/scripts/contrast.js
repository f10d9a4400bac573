// Text that does not stand out from its ground: WCAG 2.2 AA, 4.5:1, and 3:1 for large text (24 px, or 18.66 px bold).
() => {
  const faults = [], unsure = [];
  let least = 21;
  const judge = (element) => {
    const style = getComputedStyle(element);
    const ground = sight.ground(element);
    const [r, g, b, a] = sight.colour(style.color);
    const text = sight.over([r, g, b, a * sight.opacity(element)], ground.colour);
    const size = parseFloat(style.fontSize);
    const wanted = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const ratio = Math.floor(100 * sight.ratio(text, ground.colour)) / 100; // 4.499 is not 4.5
    if (ground.picture) return unsure.push(`${sight.name(element)} stands on a background picture`);
    least = Math.min(least, ratio);
    if (ratio < wanted)
      faults.push(`${sight.name(element)}: ${sight.hex(text)} on ${sight.hex(ground.colour)} is ${ratio}:1, wanted ${wanted}:1`);
  };
  for (const { element } of sight.texts()) judge(element);
  for (const image of document.images) if (!image.naturalWidth && image.alt && sight.visible(image)) judge(image);
  return { faults, unsure, least };
}
