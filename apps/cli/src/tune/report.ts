import { DEFAULT_BATCH_TOKENS, DEFAULT_LOWERING, type ExecutionPlan, toPublicId } from '@heddle/contracts';
import type { PlannedVersion } from '@heddle/store';
import { nameOf } from './versions.js';

/** For programs: plans as they are stored; null where nothing was measured. */
export function plansAsJson(machine: string, versions: PlannedVersion[]): string {
  const shown = versions.map((version) => ({
    model: version.model,
    owner: version.owner,
    version: toPublicId('version', version.id),
    version_number: version.number,
    plan: version.plan,
  }));
  return JSON.stringify({ machine, versions: shown }, null, 2);
}

/** For people. `redo`: the command that measures. */
export function plansAsText(machine: string, versions: PlannedVersion[], redo: string): string {
  const parts = versions.map((version) => {
    const name = nameOf(version);
    return version.plan ? describe(name, version.plan) : `${name}: not measured yet; \`${redo}\` does it now`;
  });
  return [`machine: ${machine}`, ...parts].join('\n\n');
}

function describe(name: string, plan: ExecutionPlan): string {
  const rows = plan.classes.map(({ length, tokens }) => {
    const rate = rateOf(plan, plan.lowering, length, tokens / length);
    const usual = Math.max(1, Math.floor(DEFAULT_BATCH_TOKENS / length));
    const before = rateOf(plan, DEFAULT_LOWERING, length, usual);
    return [
      `up to ${length}`,
      String(tokens),
      rate === undefined ? '-' : String(rate),
      // Where time was up.
      rate === undefined || !before ? 'not measured' : `${(rate / before).toFixed(2)}×`,
    ];
  });
  return [
    `${name}: ${plan.lowering}, ${processes(plan)}${plan.layouts.length === 0 ? ' (not compared)' : ''}; measured ${plan.measured_at.slice(0, 16).replace('T', ' ')} UTC`,
    ...plan.layouts.map((layout) => `  ${processes(layout)}: ${layout.tokens_per_s} tokens/s together`),
    ...aligned([
      [
        'text tokens',
        'pass tokens',
        'tokens/s of a process',
        `against ${DEFAULT_LOWERING}, ${DEFAULT_BATCH_TOKENS}`,
      ],
      ...rows,
    ]),
  ].join('\n');
}

function rateOf(
  { measured }: ExecutionPlan,
  lowering: string,
  length: number,
  sequences: number,
): number | undefined {
  const found = measured.find(
    (one) => one.lowering === lowering && one.length === length && one.sequences === sequences,
  );
  return found?.tokens_per_s;
}

function processes({ children, threads }: { children: number; threads: number }): string {
  return `${children} ${children === 1 ? 'process' : 'processes'} with ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
}

function aligned(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd());
}
