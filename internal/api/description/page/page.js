// Search: what does not have all of the words is not shown.
const box = document.querySelector("#search");
const found = document.querySelector("#found");
const all = [...document.querySelectorAll("article")].map((article) => ({
  article,
  entry: document.querySelector(`li[data-of="${CSS.escape(article.id)}"]`),
  text: article.textContent.toLowerCase(),
}));
box.labels[0].hidden = false;
box.addEventListener("input", () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const { article, entry, text } of all) {
    const fits = words.every((word) => text.includes(word));
    article.hidden = entry.hidden = !fits;
    shown += fits;
  }
  found.hidden = words.length === 0;
  found.textContent = `${shown} of ${all.length}`;
});
