import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** Owner of models shared by the operator with every tenant. */
export const LIBRARY_TENANT = 'library';

@Entity('tenants')
export class TenantEntity {
  @PrimaryColumn('uuid') id!: string;
  @Column('text', { unique: true }) slug!: string;
  @Column('text') name!: string;
  @CreateDateColumn({ name: 'created_at', type: 'timestamptz' }) createdAt!: Date;
}
