-- up
-- Bytes of the results as JSON; null where a release before this one has stored them.
ALTER TABLE job_results ADD COLUMN bytes bigint;
-- Bytes of the results of the jobs that are in the batch's numbers. `overfull`: it was ended because they are more than it may have.
ALTER TABLE batches ADD COLUMN output_bytes bigint NOT NULL DEFAULT 0, ADD COLUMN overfull boolean NOT NULL DEFAULT false;

-- down
ALTER TABLE batches DROP COLUMN output_bytes, DROP COLUMN overfull;
ALTER TABLE job_results DROP COLUMN bytes;
