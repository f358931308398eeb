import { markdownText } from '@heddle/contracts';
import { type AttentionReport, SHARES, type Shares } from './profile.js';

/** Distances of the table for people. */
const SHOWN = [-32, -16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16, 32];

/** The measures as tables of GitHub's Markdown: shares by layer and head, and lift by distance. */
export function attentionMarkdown(report: AttentionReport): string {
  const { model, dataset, texts, tokens, reach, uniform, all, layers } = report;
  const shares = (name: string, values: Shares) =>
    row([name, ...SHARES.map((share) => `${(100 * values[share]).toFixed(1)} %`)]);
  const lift = (name: string, { lift: values }: AttentionReport['by_distance']) =>
    row([name, ...SHOWN.map((distance) => values[report.distances.indexOf(distance)]?.toFixed(2) ?? '')]);
  const lines = [
    `# Attention of ${markdownText(model)}`,
    '',
    `${texts} texts of ${markdownText(dataset)}, ${tokens} tokens that ask. Shares of the attention of text tokens, special tokens not asked:`,
    `self is the token itself, diagonal text tokens up to ${reach.diagonal} away, local up to ${reach.local}; vertical the special tokens, first [CLS] alone.`,
    '',
    row(['', ...SHARES]),
    row(['---', ...SHARES.map(() => '---:')]),
    shares('uniform attention', uniform),
    shares('all layers', all),
    ...layers.flatMap((layer) => [
      shares(`layer ${layer.layer}`, layer),
      ...layer.heads.map((head) => shares(`layer ${layer.layer} head ${head.head}`, head)),
    ]),
    '',
    'Attention by distance (query less key) against uniform attention, which is 1:',
    '',
    row(['distance', ...SHOWN.map(String)]),
    row(['---', ...SHOWN.map(() => '---:')]),
    lift('all layers', report.by_distance),
    ...layers.map((layer) => lift(`layer ${layer.layer}`, layer.by_distance)),
  ];
  return `${lines.join('\n')}\n`;
}

function row(cells: string[]): string {
  return `| ${cells.join(' | ')} |`;
}
