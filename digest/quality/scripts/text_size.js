// The size of the smallest text in px, and whatever is smaller than the least one allowed.
(least) => {
  const sizes = sight.texts().map(({ element }) => ({ element, size: parseFloat(getComputedStyle(element).fontSize) }));
  const small = sizes.filter(({ size }) => size < least);
  return {
    least: Math.min(99, ...sizes.map(({ size }) => size)),
    small: small.map(({ element, size }) => `${sight.name(element)} is ${size} px`),
  };
}
