/** That the version of a job (`alias` of its table) is not paused. Paused ones are few: they are read once a statement. */
export const NOT_PAUSED = (alias: string) =>
  `${alias}.version_id NOT IN (SELECT id FROM versions WHERE paused_at IS NOT NULL)`;
