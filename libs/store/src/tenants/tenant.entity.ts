import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Idempotency } from '../database/idempotency.js';

/** Owner of models shared by the operator with every tenant. */
export const LIBRARY_TENANT = 'library';

/** Limits of one tenant; null is the instance's. */
export interface TenantLimits {
  /** Of each of its keys; 0 is none. */
  rateLimitPerMin: number | null;
  maxQueuedItems: number | null;
}

@Entity('tenants')
export class TenantEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { unique: true }) slug!: string;
  @Column('text') name!: string;
  @Column('int', { name: 'rate_limit_per_min', nullable: true }) rateLimitPerMin!: number | null;
  @Column('int', { name: 'max_queued_items', nullable: true }) maxQueuedItems!: number | null;
  /** Its keys open nothing from then on. */
  @Column('timestamptz', { name: 'suspended_at', nullable: true }) suspendedAt!: Date | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

/** A tenant that shall be made. */
export interface NewTenant {
  /** The operator's, to whom the idempotency key belongs. */
  createdBy: string;
  slug: string;
  name: string;
  limits: TenantLimits;
  suspended: boolean;
  idempotency: Idempotency | null;
}

/** What shall be another; what is absent stays. */
export interface TenantChange {
  name?: string;
  limits?: Partial<TenantLimits>;
  suspended?: boolean;
}
