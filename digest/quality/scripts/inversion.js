// What clients do that darken every mail: lightness inverted in CIELAB, as the previews of react-email and Maizzle emulate
// it (MIT). `how`: "partly" (Gmail on Android), "fully" (Gmail on iOS), or "outlook.com", which inverts as "partly" does
// but marks the document for [data-ogsc] and [data-ogsb] rules, and leaves what those have coloured.
(how) => {
  const f = (t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const g = (t) => (t ** 3 > 0.008856 ? t ** 3 : (t - 16 / 116) / 7.787);
  const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const gamma = (c) => Math.round(255 * Math.min(1, Math.max(0, c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055)));
  const invert = (css, isBackground) => {
    const [red, green, blue, alpha] = sight.colour(css);
    if (alpha === 0) return null;
    const [r, gr, b] = [red, green, blue].map(linear);
    const X = (0.4124 * r + 0.3576 * gr + 0.1805 * b) / 0.9505;
    const Y = 0.2126 * r + 0.7152 * gr + 0.0722 * b;
    const Z = (0.0193 * r + 0.1192 * gr + 0.9505 * b) / 1.089;
    let L = 116 * f(Y) - 16, A = 500 * (f(X) - f(Y)), B = 200 * (f(Y) - f(Z));
    if (how === "fully" || (isBackground ? L >= 50 : L < 50)) L = 50 - (L - 50) * 0.75;
    A *= 0.8;
    B *= 0.8;
    const fy = (L + 16) / 116, y = g(fy), x = g(A / 500 + fy) * 0.9505, z = g(fy - B / 200) * 1.089;
    const channels = [3.2406 * x - 1.5372 * y - 0.4986 * z, -0.9689 * x + 1.8758 * y + 0.0415 * z, 0.0557 * x - 0.204 * y + 1.057 * z];
    return `rgb(${channels.map(gamma)})`;
  };
  const elements = [document.body, ...document.body.querySelectorAll("*")];
  const colours = () => elements.map((e) => { const s = getComputedStyle(e); return [s.backgroundColor, s.color]; });
  const before = colours(); // everything is read before the first write
  if (how === "outlook.com") for (const mark of ["data-ogsc", "data-ogsb"]) document.documentElement.setAttribute(mark, "");
  const after = how === "outlook.com" ? colours() : before;
  elements.forEach((element, i) => {
    ["background-color", "color"].forEach((property, n) => {
      const inverted = after[i][n] === before[i][n] ? invert(after[i][n], n === 0) : null;
      if (inverted) element.style.setProperty(property, inverted, "important");
    });
  });
}
