/**
 * y = softmax(conv(gelu(layerNorm(x·x)))): the operators of our graphs that must run on a GPU to be worth it, small. With
 * x [1, 4, 4], kernel [4, 4, 1], scale [4] → y [1, 4, 4]; scale is the bias as well. Written down because this library
 * knows no graph builder; probe-graph.spec.ts builds it with ours and compares.
 */
export const PROBE_GRAPH: Uint8Array = Buffer.from(
  [
    'CAkSBmhlZGRsZTqjAwokCgF4CgF4EghNYXRNdWxfMBoITWF0TXVsXzAiBk1hdE11bDoACoMBCghNYXRNdWxfMAoFc2NhbGUK',
    'BXNjYWxlEhRMYXllck5vcm1hbGl6YXRpb25fMRoUTGF5ZXJOb3JtYWxpemF0aW9uXzEiEkxheWVyTm9ybWFsaXphdGlvbioU',
    'CgRheGlzGP///////////wGgAQIqEQoHZXBzaWxvbhWVv9YzoAEBOgAKLgoUTGF5ZXJOb3JtYWxpemF0aW9uXzESBkdlbHVf',
    'MhoGR2VsdV8yIgRHZWx1OgAKKAoGR2VsdV8yCgZrZXJuZWwSBkNvbnZfMxoGQ29udl8zIgRDb252OgAKLwoGQ29udl8zEgF5',
    'GgF5IgdTb2Z0bWF4KhQKBGF4aXMY////////////AaABAjoAEgVwcm9iZVoXCgF4EhIKEAgBEgwKAggBCgIIBAoCCARaHAoG',
    'a2VybmVsEhIKEAgBEgwKAggECgIIBAoCCAFaEwoFc2NhbGUSCgoICAESBAoCCARiFwoBeRISChAIARIMCgIIAQoCCAQKAggE',
    'QgQKABAU',
  ].join(''),
  'base64',
);
