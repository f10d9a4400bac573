// The headings that can be seen, and whether they look it: larger than the body's text, or bold.
() =>
  [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter((heading) => heading.innerText.trim() && sight.visible(heading)).map((heading) => {
    const style = getComputedStyle(heading);
    return { name: sight.name(heading), stands_out: parseFloat(style.fontSize) > 16 || Number(style.fontWeight) >= 600 };
  })
