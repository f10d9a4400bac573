// Background pictures are blocked like all others; what counts is the colour behind them.
() => {
  for (const element of document.querySelectorAll("*")) {
    if (getComputedStyle(element).backgroundImage !== "none") element.style.setProperty("background-image", "none", "important");
  }
}
