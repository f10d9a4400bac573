// Links smaller than `least` px whose circle of that diameter meets another link, or its circle. Not those in sentences.
(least) => {
  const inSentence = (link) => {
    let block = link.parentElement;
    while (block !== document.body && getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
    const copy = block.cloneNode(true);
    copy.querySelectorAll("a").forEach((other) => other.remove());
    return (copy.textContent.match(/[\p{L}\p{N}]{2,}/gu) ?? []).length >= 3;
  };
  const box = (link) => {
    const boxes = [link, ...link.querySelectorAll("*")].map((e) => e.getBoundingClientRect()).filter((b) => b.width && b.height);
    const [left, top] = [Math.min(...boxes.map((b) => b.left)), Math.min(...boxes.map((b) => b.top))];
    const [right, bottom] = [Math.max(...boxes.map((b) => b.right)), Math.max(...boxes.map((b) => b.bottom))];
    return { left, top, right, bottom, x: (left + right) / 2, y: (top + bottom) / 2, small: right - left < least || bottom - top < least };
  };
  const links = [...document.links].filter((link) => sight.visible(link) && link.getClientRects().length);
  const targets = links.map((link) => ({ link, ...box(link) }));
  const away = (from, to) => Math.hypot(Math.max(to.left - from.x, 0, from.x - to.right), Math.max(to.top - from.y, 0, from.y - to.bottom));
  const crowded = (one) =>
    targets.find((other) => other !== one && (away(one, other) < least / 2 || (other.small && Math.hypot(one.x - other.x, one.y - other.y) < least)));
  const faults = [];
  for (const target of targets) {
    const neighbour = target.small && crowded(target);
    if (!neighbour || inSentence(target.link)) continue;
    const size = `${Math.round(target.right - target.left)} × ${Math.round(target.bottom - target.top)} px`;
    faults.push(`${sight.name(target.link)} is ${size} and too close to ${sight.name(neighbour.link)}: give its line ${least} px, or more space`);
  }
  return { faults, links: links.length };
}
