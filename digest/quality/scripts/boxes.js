// Elements with a background of their own: [place in the document, name, whether their edge can be seen]. What fills
// the window is its ground and not a box.
() => {
  const edge = (element) => {
    const style = getComputedStyle(element), around = sight.ground(element.parentElement).colour;
    const own = sight.over(sight.colour(style.backgroundColor), around);
    if (sight.ratio(own, around) >= 1.05) return true;
    return ["Top", "Right", "Bottom", "Left"].some((side) => {
      const line = sight.over(sight.colour(style[`border${side}Color`]), around);
      return style[`border${side}Style`] !== "none" && parseFloat(style[`border${side}Width`]) >= 1 && sight.ratio(line, around) >= 3;
    });
  };
  return [...document.body.querySelectorAll("*")]
    .map((element, place) => ({ element, place }))
    .filter(({ element }) => sight.colour(getComputedStyle(element).backgroundColor)[3] > 0)
    .filter(({ element }) => element.localName !== "img" && element.innerText?.trim() && sight.visible(element) && element.offsetWidth < innerWidth)
    .map(({ element, place }) => [place, sight.name(element), edge(element)]);
}
