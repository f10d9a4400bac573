// What axe-core finds. Left out are two rules about whole web pages: a mail stands inside the page of its reader's client.
async () => {
  const found = await axe.run(document, {
    resultTypes: ["violations", "incomplete"],
    preload: false, // nothing is fetched
    iframes: false,
    rules: { region: { enabled: false }, "landmark-one-main": { enabled: false } },
  });
  const short = (rule) => ({
    id: rule.id,
    help: rule.help,
    nodes: rule.nodes.map((node) => ({
      selector: node.target.flat().join(" "),
      html: node.html.replace(/\s+/g, " ").slice(0, 160),
      why: [...node.any, ...node.all, ...node.none].map((part) => part.message + ".").join(" "),
    })),
  });
  return {
    violations: found.violations.map(short),
    incomplete: found.incomplete.filter((rule) => rule.id === "color-contrast").map(short),
  };
}
