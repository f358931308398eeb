import { nameOf, type SessionRef } from './session-ref.js';

/** What sessions take in memory: measured where one was loaded before, else the size of its files. */
export class Sizes {
  private readonly files = new Map<string, number>();
  private readonly measured = new Map<string, number>();

  /** Bytes of the files of a session. */
  expect(session: SessionRef, fileBytes: number): void {
    this.files.set(nameOf(session), fileBytes);
  }

  /** Bytes that loading it has taken. The first load of a process sets more up than the session: it counts if no other is known. */
  measure(session: SessionRef, bytes: number, isFirst: boolean): void {
    const name = nameOf(session);
    if (!isFirst || !this.measured.has(name)) this.measured.set(name, bytes);
  }

  /** 0 for a session that nobody has asked about yet. */
  of(session: SessionRef): number {
    const name = nameOf(session);
    return this.measured.get(name) ?? this.files.get(name) ?? 0;
  }

  forget(version: string): void {
    for (const sizes of [this.files, this.measured]) {
      for (const name of sizes.keys()) if (name.startsWith(`${version}/`)) sizes.delete(name);
    }
  }
}
