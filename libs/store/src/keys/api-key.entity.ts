import type { ApiKeyScope } from '@heddle/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Idempotency } from '../database/idempotency.js';
import type { TenantLimits } from '../tenants/tenant.entity.js';

@Entity('api_keys')
export class ApiKeyEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId!: string;
  @Column('text') name!: string;
  /** The first characters of the secret, to tell keys apart. */
  @Column('text') prefix!: string;
  /** SHA-256 of the secret. */
  @Column('bytea', { unique: true, select: false }) hash!: Buffer;
  @Column('text', { array: true }) scopes!: ApiKeyScope[];
  /** Null is the tenant's, 0 is none. */
  @Column('int', { name: 'rate_limit_per_min', nullable: true }) rateLimitPerMin!: number | null;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) expiresAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) revokedAt!: Date | null;
  /** To the minute. */
  @Column('timestamptz', { name: 'last_used_at', nullable: true }) lastUsedAt!: Date | null;
}

/** A key that shall be made. */
export interface NewKey {
  tenantId: string;
  name: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
  /** Null is the tenant's, 0 is none. */
  rateLimitPerMin: number | null;
  idempotency: Idempotency | null;
}

/** A key that works, unless its tenant is suspended, with what its requests need. */
export interface LiveKey {
  id: string;
  tenantId: string;
  name: string;
  scopes: ApiKeyScope[];
  expiresAt: Date | null;
  /** Null is the tenant's, 0 is none. */
  rateLimitPerMin: number | null;
  /** Its last use is longer ago than it is written down for. */
  useIsStale: boolean;
  suspended: boolean;
  tenantLimits: TenantLimits;
}
