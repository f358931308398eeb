-- up
-- What a canary's comparisons as the shadow had come to when it became the canary, or when it was last found good: `{jobs, decisions, same}`.
ALTER TABLE aliases ADD COLUMN canary_compared jsonb;

-- down
ALTER TABLE aliases DROP COLUMN canary_compared;
