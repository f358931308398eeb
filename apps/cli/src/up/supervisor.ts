import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { answerMetrics, askMetrics, type ProcessMetrics } from '@heddle/telemetry';

/** A process ended although it had not started yet; it has said why. */
export class EndedEarlyError extends Error {
  constructor(
    name: AppName,
    end: string,
    readonly status: number | null,
  ) {
    super(`${name} ended before it was ready (${end})`);
    this.name = 'EndedEarlyError';
  }
}

export type AppName = 'api' | 'dispatcher' | 'worker';

/** Pause before a process that ended by itself is started again: doubles while it keeps ending early. */
const RESTART_MS = { first: 1_000, last: 30_000 } as const;
/** A process that lived this long is healthy again. */
const HEALTHY_MS = 60_000;
/** Beyond the worker's own drain. */
const STOP_GRACE_MS = 5_000;

export interface SupervisorOptions {
  env: NodeJS.ProcessEnv;
  drainMs: number;
  report: (line: string) => void;
}

/** Keeps api, dispatcher and worker running as processes of their own. */
export class Supervisor {
  private readonly children = new Map<AppName, ChildProcess>();
  private readonly timers = new Set<NodeJS.Timeout>();
  private stopping = false;

  constructor(private readonly options: SupervisorOptions) {}

  /** Resolves with the process's `ready` message; rejects when it ends before. */
  async start(name: AppName): Promise<{ url?: string }> {
    const child = this.spawn(name);
    const startedAt = performance.now();
    const ready = await readyOf(child, name);
    void once(child, 'exit').then(([code, signal]) =>
      this.onExit(name, signal ?? `status ${code}`, startedAt, RESTART_MS.first),
    );
    return ready;
  }

  /** SIGTERM and, after the grace, SIGKILL; returns when it is gone. */
  async stop(name: AppName): Promise<void> {
    this.stopping = true;
    for (const timer of this.timers) clearTimeout(timer);
    const child = this.children.get(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), this.options.drainMs + STOP_GRACE_MS);
    await exited;
    clearTimeout(timer);
  }

  /** Ends everything at once. */
  kill(): void {
    this.stopping = true;
    for (const child of this.children.values()) child.kill('SIGKILL');
  }

  private spawn(name: AppName): ChildProcess {
    const main = fileURLToPath(new URL(`../../../${name}/dist/main.js`, import.meta.url));
    // The one port that is known shows what all of them count.
    const child = fork(main, name === 'api' ? ['--all-metrics'] : [], {
      env: this.options.env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // A process group of its own: Ctrl-C reaches this process only, which then stops the others in order.
      detached: true,
    });
    this.children.set(name, child);
    if (name === 'api')
      answerMetrics(
        child,
        () => this.metricsOfOthers(child),
        (error) => this.options.report(`the metrics of all processes could not be had: ${String(error)}`),
      );
    return child;
  }

  private async metricsOfOthers(asking: ChildProcess): Promise<ProcessMetrics[]> {
    const others = [...this.children.values()].filter((child) => child !== asking && child.connected);
    return (await Promise.all(others.map(askMetrics))).flat();
  }

  private onExit(name: AppName, reason: string, startedAt: number, pauseMs: number): void {
    if (this.stopping) return;
    const pause = performance.now() - startedAt > HEALTHY_MS ? RESTART_MS.first : pauseMs;
    this.options.report(`${name} ended (${reason}); starting it again in ${pause / 1000} s`);
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      const restartedAt = performance.now();
      const next = Math.min(pause * 2, RESTART_MS.last);
      void once(this.spawn(name), 'exit').then(([code, signal]) =>
        this.onExit(name, signal ?? `status ${code}`, restartedAt, next),
      );
    }, pause);
    this.timers.add(timer);
  }
}

async function readyOf(child: ChildProcess, name: AppName): Promise<{ url?: string }> {
  return new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if ((message as { type?: unknown } | null)?.type === 'ready') resolve(message as { url?: string });
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new EndedEarlyError(name, signal ?? `status ${code}`, code)));
  });
}
