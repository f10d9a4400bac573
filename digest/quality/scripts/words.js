// The pieces of text that can be seen, in reading order.
() => sight.texts().map(({ text }) => text)
