import type { VersionManifest } from '@heddle/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity('models')
export class ModelEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'tenant_id' }) tenantId!: string;
  @Column('text') name!: string;
  @Column('text') description!: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

@Entity('versions')
export class VersionEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid', { name: 'model_id' }) modelId!: string;
  @Column('integer') number!: number;
  @Column('text') status!: 'ready' | 'archived';
  /** Digest of the manifest. */
  @Column('text') sha256!: string;
  @Column('json') manifest!: VersionManifest;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}

@Entity('aliases')
export class AliasEntity {
  @PrimaryColumn('uuid', { name: 'model_id' }) modelId!: string;
  @PrimaryColumn('text') name!: string;
  @Column('uuid', { name: 'version_id' }) versionId!: string;
}
