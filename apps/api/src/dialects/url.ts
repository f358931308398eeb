/** What may follow the model in these paths; anything else is the model of an owner that comes before it. */
const TEI_ROUTES =
  'predict|rerank|similarity|embed|embed_all|embed_sparse|tokenize|decode|embeddings|v1|info|health|ping|metrics';
const OWNED = [
  new RegExp(`^(/tei/)([^/]+)/(?!(?:${TEI_ROUTES})(?:/|$))([^/]+)(.*)$`),
  /^(\/hf\/)([^/]+)\/(?!(?:pipeline|health|info)(?:\/|$))([^/]+)(.*)$/,
  /^(\/oip\/v2\/(?:repository\/)?models\/)([^/]+)\/(?!(?:versions|ready|config|infer|load|unload)(?:\/|$))([^/]+)(.*)$/,
];
const WITH_SLASH = /^(\/(?:tei|hf)\/.+?)\/+$/;

/** A URL of a dialect as its routes have it: without a slash at its end, that between owner and model escaped. */
export function dialectUrl(url: string): string {
  const [path = '', ...query] = url.split('?');
  const bare = path.replace(WITH_SLASH, '$1');
  const rule = OWNED.find((one) => one.test(bare));
  const routed = rule ? bare.replace(rule, '$1$2%2F$3$4') : bare;
  return [routed, ...query].join('?');
}
