/** Robertson's BM25, with Lucene's defaults. */
const K1 = 1.2;
const B = 0.75;

/** Searches texts: `search(query, count)` gives the indices of the best, best first. */
export function bm25(texts) {
  const documents = texts.map((text) => {
    const counts = new Map();
    const words = wordsOf(text);
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return { counts, length: words.length };
  });
  const frequency = new Map();
  for (const { counts } of documents)
    for (const word of counts.keys()) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  const mean = documents.reduce((sum, { length }) => sum + length, 0) / documents.length;
  const rarity = (word) => {
    const n = frequency.get(word) ?? 0;
    return Math.log(1 + (documents.length - n + 0.5) / (n + 0.5));
  };
  return (query, count) => {
    const words = [...new Set(wordsOf(query))];
    return documents
      .map(({ counts, length }, index) => {
        const weight = (word) => {
          const times = counts.get(word) ?? 0;
          return (rarity(word) * times * (K1 + 1)) / (times + K1 * (1 - B + (B * length) / mean));
        };
        return { index, score: words.reduce((sum, word) => sum + weight(word), 0) };
      })
      .sort((a, b) => b.score - a.score || a.index - b.index)
      .slice(0, count)
      .map(({ index }) => index);
  };
}

/** As trec_eval's: gains are grades, over the best order of all relevant documents. */
export function ndcg(ids, grades, k) {
  const dcg = (gains) => gains.slice(0, k).reduce((sum, gain, i) => sum + gain / Math.log2(i + 2), 0);
  const ideal = Object.values(grades).sort((a, b) => b - a);
  return dcg(ids.map((id) => grades[id] ?? 0)) / dcg(ideal);
}

function wordsOf(text) {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}
