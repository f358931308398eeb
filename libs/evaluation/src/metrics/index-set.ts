const PAGE_BITS = 65_536;

/** A set of whole numbers, a bit each where they lie close together. */
export class IndexSet {
  readonly #pages = new Map<number, Uint8Array>();
  size = 0;

  has(index: number): boolean {
    const page = this.#pages.get(Math.floor(index / PAGE_BITS));
    const bit = index % PAGE_BITS;
    return page !== undefined && (page[bit >> 3]! & (1 << (bit & 7))) !== 0;
  }

  add(index: number): void {
    if (this.has(index)) return;
    const number = Math.floor(index / PAGE_BITS);
    const page = this.#pages.get(number) ?? new Uint8Array(PAGE_BITS / 8);
    this.#pages.set(number, page);
    const bit = index % PAGE_BITS;
    page[bit >> 3]! |= 1 << (bit & 7);
    this.size++;
  }

  addAll(other: IndexSet): void {
    for (const index of other) this.add(index);
  }

  /** One that both have. */
  common(other: IndexSet): number | undefined {
    for (const index of other) if (this.has(index)) return index;
    return undefined;
  }

  equals(other: IndexSet): boolean {
    if (this.size !== other.size) return false;
    for (const index of other) if (!this.has(index)) return false;
    return true;
  }

  *[Symbol.iterator](): Generator<number> {
    for (const [number, page] of this.#pages) {
      for (const [byte, bits] of page.entries()) {
        for (let bit = 0; bits >> bit !== 0; bit++)
          if (bits & (1 << bit)) yield number * PAGE_BITS + byte * 8 + bit;
      }
    }
  }
}
