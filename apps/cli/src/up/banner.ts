import { COMMAND, quoted } from '../command-name.js';

export interface BannerInput {
  url: string;
  adminKey: string | null;
  seconds: number;
  dataDir: string;
}

/** What a person sees when everything runs: where, with which key, and first requests to paste. */
export function banner({ url, adminKey, seconds, dataDir }: BannerInput): string {
  const renew = `Lost it? ${sameData(dataDir)}${COMMAND} keys new-admin`;
  const keyLines = adminKey
    ? [`  Admin key     ${adminKey}`, `                shown only now: keep it. ${renew}`]
    : [`  Admin key     made at the first start. ${renew}`];
  const environment = `export HEDDLE_URL=${url}${adminKey ? ` HEDDLE_API_KEY=${adminKey}` : ''}`;
  return [
    '',
    `  Heddle is ready after ${seconds.toFixed(1)} s`,
    '',
    `  Address       ${url}`,
    '                in a browser: the dashboard, where the key below signs in',
    `  Data          ${dataDir}`,
    '',
    ...keyLines,
    '',
    adminKey ? '  Try it, in another terminal:' : '  Try it, in another terminal, with HEDDLE_API_KEY set:',
    '',
    environment,
    `curl -s $HEDDLE_URL/v1/jobs -H "Authorization: Bearer $HEDDLE_API_KEY" -H 'Content-Type: application/json' -H 'Prefer: wait=10' -d '{"model": "sentiment", "inputs": ["I loved it"]}'`,
    `${COMMAND} run topic "Stocks fell sharply on Monday"`,
    '',
    '  Ctrl-C stops everything in order; the next start continues with the same data.',
    '',
    '',
  ].join('\n');
}

/** What another command of this clone needs to be told to find the same database. */
function sameData(dataDir: string): string {
  if (process.env.HEDDLE_DATABASE_URL) return 'HEDDLE_DATABASE_URL=… ';
  return process.env.HEDDLE_DATA_DIR ? `HEDDLE_DATA_DIR=${quoted(dataDir)} ` : '';
}
