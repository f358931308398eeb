import { Competition } from '@heddle/contracts';

/** Of what was measured before; the rest is the last pass. */
const MEMORY = 0.8;
/** Kinds of passes whose pace is remembered. */
const MOST_KINDS = 4_096;

/** Keeps forward passes short while several tenants have work; a tenant alone has them as long as the budget lets them be. */
export class PassLength {
  /** Computed tokens per millisecond, by kind of pass. */
  private readonly paces = new Map<string, number>();
  private readonly competition: Competition;

  /** `mostMs`: what a pass takes at most while tenants compete, 0 where that is no matter; `now` in milliseconds. */
  constructor(
    private readonly mostMs: number,
    now?: () => number,
  ) {
    this.competition = new Competition(now);
  }

  /** A sequence of the tenant has come. */
  saw(tenantId: string): void {
    this.competition.saw(tenantId);
  }

  /** A pass of the kind has computed so many tokens, padding included. */
  measured(kind: string, tokens: number, ms: number): void {
    const pace = tokens / Math.max(ms, 0.01);
    const before = this.paces.get(kind);
    if (this.paces.size >= MOST_KINDS && before === undefined) this.paces.clear();
    this.paces.set(kind, before === undefined ? pace : before * MEMORY + pace * (1 - MEMORY));
  }

  /** Computed tokens that a pass of the kind may have, of a budget; `short` where it is to be short in any case. */
  within(budget: number, kind: string, short = false): number {
    const pace = this.paces.get(kind);
    if (this.mostMs === 0 || pace === undefined || !(short || this.competition.isOn)) return budget;
    return Math.min(budget, pace * this.mostMs);
  }
}
