import { describe, expect, it } from 'vitest';
import { AttentionProfile, attentionMarkdown, attentionSvg } from './index.js';

/** Rows of probabilities of one head, by a rule. */
const head = (n: number, rule: (i: number, j: number) => number): number[] =>
  Array.from({ length: n * n }, (_, at) => rule(Math.floor(at / n), at % n));
const of = { model: 'm@1', dataset: 'd' };
/** [CLS] four words [SEP] */
const SPECIAL = [1, 0, 0, 0, 0, 1];
const N = SPECIAL.length;

describe('an attention profile', () => {
  it('knows diagonals, vertical lines and bands', () => {
    const profile = new AttentionProfile(2, 2);
    const self = head(N, (i, j) => Number(i === j));
    const cls = head(N, (_, j) => Number(j === 0));
    const before = head(N, (i, j) => Number(j === i - 1));
    const separator = head(N, (_, j) => Number(j === N - 1));
    profile.add(SPECIAL, [
      [...self, ...cls],
      [...before, ...separator],
    ]);
    const report = profile.report(of);
    expect(report).toMatchObject({ texts: 1, tokens: 4, reach: { diagonal: 1, local: 8 } });
    const [first, second] = report.layers;
    expect(first!.heads).toEqual([
      { head: 0, self: 1, diagonal: 1, local: 1, vertical: 0, first: 0 },
      { head: 1, self: 0, diagonal: 0, local: 0, vertical: 1, first: 1 },
    ]);
    // The first word's neighbour before it is [CLS].
    expect(second!.heads).toEqual([
      { head: 0, self: 0, diagonal: 0.75, local: 0.75, vertical: 0.25, first: 0.25 },
      { head: 1, self: 0, diagonal: 0, local: 0, vertical: 1, first: 0 },
    ]);
    expect(first).toMatchObject({ self: 0.5, vertical: 0.5 });
    expect(report.all).toEqual({
      self: 0.25,
      diagonal: 0.4375,
      local: 0.4375,
      vertical: 0.5625,
      first: 0.3125,
    });
    const at = (distance: number) => report.distances.indexOf(distance);
    // Half of the heads look at themselves with all they have, six tokens being there.
    expect([first!.by_distance.probability[at(0)], first!.by_distance.lift[at(0)]]).toEqual([0.5, 3]);
    expect([second!.by_distance.probability[at(1)], second!.by_distance.probability[at(-1)]]).toEqual([
      0.5, 0,
    ]);
    expect(second!.by_distance.lift[at(4)]).toBeNull();
  });

  it('finds of uniform attention what it says of it, over texts of all lengths', () => {
    const profile = new AttentionProfile(1, 1);
    for (const n of [3, 6, 40, 150]) {
      const special = Array.from({ length: n }, (_, i) => Number(i === 0 || i === n - 1));
      profile.add(special, [head(n, () => 1 / n)]);
    }
    // Nothing but special tokens: nobody asks.
    profile.add([1, 1], [[1, 0, 0, 1]]);
    const report = profile.report(of);
    expect(report.texts).toBe(4);
    expect(report.all).toEqual(report.uniform);
    expect(report.by_distance.lift.every((lift) => lift === null || Math.abs(lift - 1) < 1e-5)).toBe(true);
    expect(report.distances).toHaveLength(129);
  });

  it('refuses what is of another size, and a report of nothing', () => {
    const profile = new AttentionProfile(1, 2);
    expect(() => profile.add(SPECIAL, [head(N, () => 1)])).toThrow('1 layers of 72 probabilities');
    expect(() => profile.report(of)).toThrow('no text was added');
  });
});

it('is shown as tables and as a chart', () => {
  const profile = new AttentionProfile(2, 3);
  const uniform = [0, 1, 2].flatMap(() => head(N, () => 1 / N));
  profile.add(SPECIAL, [uniform, uniform]);
  const report = profile.report({ model: 'a<b@1', dataset: 'd & e' });
  const markdown = attentionMarkdown(report);
  expect(markdown).toContain('| uniform attention | 16.7 % |');
  expect(markdown).toContain('| layer 1 head 2 | 16.7 % |');
  expect(markdown).toMatch(/^\| layer 0 \|( {2}\|)* 1\.00 \|/m);
  for (const block of markdown.split('\n\n').filter((part) => part.startsWith('|'))) {
    expect(
      new Set(
        block
          .trim()
          .split('\n')
          .map((line) => line.split('|').length),
      ).size,
    ).toBe(1);
  }
  const svg = attentionSvg(report);
  expect(svg).toContain('a&lt;b@1');
  expect(svg).toContain('d &amp; e');
  expect(svg.match(/<polyline/g)).toHaveLength(3);
  // Four shares of two layers and three heads, and the ground.
  expect(svg.match(/<rect/g)).toHaveLength(4 * 6 + 1);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});
