/** Tenants compete as long as after another's turn. */
const COMPETE_MS = 10_000;

/** Whether more than one tenant has something to do: what is shared is then given in smaller pieces. */
export class Competition {
  private lastTenant: string | undefined;
  private until = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds. */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Something of the tenant has come. */
  saw(tenantId: string): void {
    if (this.lastTenant !== undefined && tenantId !== this.lastTenant) this.until = this.now() + COMPETE_MS;
    this.lastTenant = tenantId;
  }

  get isOn(): boolean {
    return this.now() < this.until;
  }
}
