import type { Lowering, Measurement } from '@heddle/contracts';
import { describe, expect, it } from 'vitest';
import { chooseBudgets, chooseLayout, chooseLowering } from './choose.js';
import { lengthsOf, nextShape, type Shape } from './shapes.js';

const BOTH: Lowering[] = ['skew', 'gather'];

/** Everything that is measured of a machine that is so fast. */
function sweep(lengths: number[], rate: (shape: Shape) => number): Measurement[] {
  const measured: Measurement[] = [];
  for (let shape = nextShape(BOTH, lengths, measured); shape; shape = nextShape(BOTH, lengths, measured)) {
    measured.push({ ...shape, tokens_per_s: rate(shape) });
  }
  return measured;
}

describe('what is measured', () => {
  it('has lengths up to what the version takes', () => {
    expect(lengthsOf(512)).toEqual([16, 32, 64, 128, 256, 512]);
    expect(lengthsOf(100)).toEqual([16, 32, 64, 100]);
    expect(lengthsOf(4096)).toEqual([16, 32, 64, 128, 256, 512]);
    expect(lengthsOf(8)).toEqual([8]);
  });

  it('is every size once, with one sequence at least, where all are as fast', () => {
    const measured = sweep([16, 512], () => 1000);
    const sizes = (length: number) =>
      measured
        .filter((one) => one.length === length && one.lowering === 'gather')
        .map(({ sequences }) => sequences);
    expect(sizes(16)).toEqual([16, 32, 64, 128, 256]);
    expect(sizes(512)).toEqual([1, 2, 4, 8]);
  });

  it('leaves out larger passes where they become slower, and a lowering that is left behind', () => {
    const rate = ({ lowering, length, sequences }: Shape) =>
      (lowering === 'gather' ? 500 : 1000) * (length * sequences > 512 ? 0.8 : 1);
    const measured = sweep([64], rate);
    const tokens = (of: Lowering) =>
      measured.filter(({ lowering }) => lowering === of).map(({ length, sequences }) => length * sequences);
    expect(tokens('skew')).toEqual([256, 512, 1024]);
    expect(tokens('gather')).toEqual([256, 512]);
  });

  it('has what runs without a plan, though it was left behind', () => {
    const measured = sweep([64], ({ lowering }) => (lowering === 'gather' ? 1000 : 500));
    expect(measured.at(-1)).toMatchObject({ lowering: 'skew', length: 64, sequences: 16 });
  });
});

describe('a plan', () => {
  it('takes the smallest pass that is nearly the best', () => {
    const rates: Record<number, number> = { 256: 900, 512: 980, 1024: 1000, 2048: 990, 4096: 985 };
    const measured = sweep([64], ({ length, sequences }) => rates[length * sequences]!);
    expect(chooseBudgets('skew', measured)).toEqual([{ length: 64, tokens: 512 }]);
  });

  it('takes the lowering that is faster with texts of all lengths, each as heavy as the time it takes', () => {
    const measured = sweep([16, 512], ({ lowering, length }) =>
      lowering === 'skew' ? (length === 16 ? 3000 : 1000) : length === 16 ? 2000 : 1200,
    );
    expect(chooseLowering(BOTH, measured)).toBe('gather');
    // Within what is noise the default stays.
    expect(
      chooseLowering(
        BOTH,
        sweep([16], ({ lowering }) => (lowering === 'skew' ? 1000 : 1020)),
      ),
    ).toBe('skew');
  });

  it('leaves out passes that failed', () => {
    const measured = sweep([32], ({ sequences }) => (sequences > 8 ? 0 : 1000));
    expect(chooseBudgets('skew', measured)).toEqual([{ length: 32, tokens: 256 }]);
  });

  it('keeps a process for each core unless fewer are clearly better', () => {
    const apart = { children: 2, threads: 1, tokens_per_s: 1000 };
    const together = (tokens_per_s: number) => ({ children: 1, threads: 2, tokens_per_s });
    expect(chooseLayout([apart, together(1090)])).toBe(apart);
    expect(chooseLayout([apart, together(1110)])).toEqual(together(1110));
    expect(chooseLayout([])).toBeUndefined();
  });
});
