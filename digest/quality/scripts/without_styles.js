// What is left where a client drops every style block: the styles in the elements themselves.
() => document.querySelectorAll("style, link[rel~=stylesheet]").forEach((element) => element.remove())
