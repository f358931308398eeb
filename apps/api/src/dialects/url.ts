/** What may follow the model in these paths; anything else is the model of an owner that comes before it. */
const TEI_ROUTES =
  'predict|rerank|similarity|embed|embed_all|embed_sparse|tokenize|decode|embeddings|v1|info|health|ping|metrics';
const OWNED = [
  new RegExp(`^(/tei/)([^/]+)/(?!(?:${TEI_ROUTES})(?:/|$))([^/]+)(.*)$`),
  /^(\/hf\/)([^/]+)\/(?!(?:pipeline|health|info)(?:\/|$))([^/]+)(.*)$/,
  /^(\/oip\/v2\/(?:repository\/)?models\/)([^/]+)\/(?!(?:versions|ready|config|infer|load|unload)(?:\/|$))([^/]+)(.*)$/,
];
const SLASH_ENDED = ['/tei/', '/hf/'];

/** A URL of a dialect as its routes have it: without a slash at its end, that between owner and model escaped. */
export function dialectUrl(url: string): string {
  const [path = '', ...query] = url.split('?');
  const bare = withoutSlashes(path);
  const rule = OWNED.find((one) => one.test(bare));
  const routed = rule ? bare.replace(rule, '$1$2%2F$3$4') : bare;
  return [routed, ...query].join('?');
}

/** By hand: it is asked of every path that anybody sends, and a pattern for it takes quadratic time. */
function withoutSlashes(path: string): string {
  const mount = SLASH_ENDED.find((one) => path.startsWith(one));
  if (mount === undefined) return path;
  let end = path.length;
  while (end > mount.length + 1 && path[end - 1] === '/') end--;
  return path.slice(0, end);
}
