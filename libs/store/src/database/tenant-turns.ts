import { Competition, HeddleError } from '@heddle/contracts';

interface Waiting {
  start: () => void;
  giveUp: NodeJS.Timeout;
}

/** What one tenant has under way, and what it waits with, oldest first. */
interface Line {
  running: number;
  waiting: Waiting[];
}

/**
 * Gives the connections of a pool to tenants in turn, where a pool has one line for all: whoever sends one request beside
 * another's thousand would wait for those. While tenants compete, one has half of the connections at most, so that the
 * processors of Postgres, too, are not one's alone. System work is not counted.
 */
export class TenantTurns {
  private readonly competition = new Competition();
  /** Tenants with anything under way or waiting; whose turn it is comes first. */
  private readonly lines = new Map<string, Line>();
  private running = 0;

  /** `places`: connections of the pool. Who waits for longer than `patienceMs` is refused. */
  constructor(
    private readonly places: number,
    private readonly patienceMs: number,
  ) {}

  /** What `work` comes to, once it is the tenant's turn. Errors: `overloaded` when that takes too long, and those of `work`. */
  async run<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
    this.competition.saw(tenantId);
    const line = this.lineOf(tenantId);
    if (this.hasRoom(line)) this.begin(tenantId, line);
    else await this.turnOf(tenantId, line);
    try {
      return await work();
    } finally {
      this.end(tenantId, line);
    }
  }

  private lineOf(tenantId: string): Line {
    const line = this.lines.get(tenantId) ?? { running: 0, waiting: [] };
    this.lines.set(tenantId, line);
    return line;
  }

  private hasRoom(line: Line): boolean {
    const most = this.competition.isOn ? Math.ceil(this.places / 2) : this.places;
    return this.running < this.places && line.running < most;
  }

  private begin(tenantId: string, line: Line): void {
    this.running++;
    line.running++;
    // Behind all the others.
    this.lines.delete(tenantId);
    this.lines.set(tenantId, line);
  }

  private turnOf(tenantId: string, line: Line): Promise<void> {
    return new Promise((start, refuse) => {
      const giveUp = setTimeout(() => {
        line.waiting.splice(line.waiting.indexOf(waiting), 1);
        this.forgetIfIdle(tenantId, line);
        refuse(
          new HeddleError('overloaded', 'No connection to the database became free in time.', {
            headers: { 'Retry-After': '1' },
          }),
        );
      }, this.patienceMs);
      const waiting = { start, giveUp };
      line.waiting.push(waiting);
    });
  }

  private end(tenantId: string, line: Line): void {
    this.running--;
    line.running--;
    this.forgetIfIdle(tenantId, line);
    while (this.startNext());
  }

  /** Whether anything could begin. */
  private startNext(): boolean {
    for (const [tenantId, line] of this.lines) {
      if (line.waiting.length === 0 || !this.hasRoom(line)) continue;
      const { start, giveUp } = line.waiting.shift()!;
      clearTimeout(giveUp);
      this.begin(tenantId, line);
      start();
      return true;
    }
    return false;
  }

  private forgetIfIdle(tenantId: string, line: Line): void {
    if (line.running + line.waiting.length === 0) this.lines.delete(tenantId);
  }
}
