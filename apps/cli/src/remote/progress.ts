/** What a long command is doing, on standard error: one line that changes on a terminal, a line a step elsewhere. */
export interface Progress {
  show(step: string, percent?: number): void;
  end(): void;
}

export function startProgress(): Progress {
  const terminal = process.stderr.isTTY === true;
  let last = '';
  let open = false;
  return {
    show: (step, percent) => {
      const line = terminal && percent !== undefined ? `${step} ${percent} %` : step;
      if (line === last) return;
      last = line;
      open = terminal;
      // Clears what is left of a longer line before.
      process.stderr.write(terminal ? `\r${line}\u001b[K` : `${line}\n`);
    },
    end: () => {
      if (open) process.stderr.write('\n');
      open = false;
    },
  };
}
