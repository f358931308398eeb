export interface BannerInput {
  url: string;
  adminKey: string | null;
  seconds: number;
  dataDir: string;
}

/** What a person sees when everything runs: where, with which key, and a first request to paste. */
export function banner({ url, adminKey, seconds, dataDir }: BannerInput): string {
  const key = adminKey ?? '$HEDDLE_API_KEY';
  const keyLines = adminKey
    ? [
        '',
        `  Admin key     ${adminKey}`,
        '                shown only now: keep it. A new one: heddle up --new-admin-key',
      ]
    : ['', '  Admin key     made at the first start. Lost it? heddle up --new-admin-key'];
  return [
    '',
    `  Heddle is ready after ${seconds.toFixed(1)} s`,
    '',
    `  Address       ${url}`,
    `  Data          ${dataDir}`,
    ...keyLines,
    '',
    '  Try it:',
    '',
    `curl -s ${url}/v1/jobs -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' -H 'Prefer: wait=10' -d '{"model": "sentiment", "inputs": ["I loved it"]}'`,
    '',
    '  Ctrl-C stops everything in order; the next start continues with the same data.',
    '',
    '',
  ].join('\n');
}
