-- What must hold whatever was killed. Each statement returns the rows that break it; none is what all should return.

-- A subject's events have no gap.
SELECT subject_id FROM events GROUP BY subject_id HAVING max(sequence) <> count(*);

-- What is told of a subject has no gap.
SELECT subject_id FROM events GROUP BY subject_id HAVING max(told) <> count(told);

-- A job that has not ended has work on the list.
SELECT id FROM jobs j WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.subject_id = j.id);

-- A file that is not checked has work on the list.
SELECT id FROM datasets d WHERE state = 'uploaded'
AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.subject_id = d.id AND w.kind = 'dataset.validate');

-- A file that is being made has work on the list.
SELECT id FROM datasets d WHERE state = 'making'
AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.subject_id = d.id AND w.kind = 'dataset.derive');

-- A job that has ended says when, and with what.
SELECT id FROM jobs WHERE state IN ('succeeded', 'failed', 'cancelled') AND finished_at IS NULL
OR state = 'succeeded' AND fine_tuned_model IS NULL
OR state = 'failed' AND error IS NULL;

-- A job that the provider has was created there by an intent that is done.
SELECT id FROM jobs j WHERE provider_job_id IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.effect = 'create' AND i.subject_id = j.id AND i.outcome = 'done'
                AND i.provider_id = j.provider_job_id);

-- Nothing has been due and free for five minutes.
SELECT kind || ' ' || subject_id FROM work_items WHERE run_at < clock_timestamp() - interval '5 minutes'
AND (lease_until IS NULL OR lease_until < clock_timestamp() - interval '5 minutes');

-- No intent has been unclear for a day.
SELECT effect || ' ' || subject_id FROM intents WHERE outcome = 'unclear'
AND intended_at < clock_timestamp() - interval '1 day';

-- A model that is ready or loading belongs to a job that succeeded.
SELECT m.id FROM tuned_models m JOIN jobs j ON j.id = m.job_id WHERE j.state <> 'succeeded';

-- What is held says by what, and what is held, suppressed or dropped says why.
SELECT id FROM deliveries WHERE state = 'held' AND hold IS NULL
OR state IN ('held', 'suppressed', 'dropped') AND reason IS NULL AND last_error IS NULL;

-- Nothing is held by a pause that ended five minutes ago.
SELECT d.id FROM deliveries d JOIN webhook_endpoints w ON w.id = d.endpoint_id
WHERE d.state = 'held' AND d.hold = 'paused' AND w.status = 'enabled' AND w.deleted_at IS NULL
AND w.updated_at < clock_timestamp() - interval '5 minutes';

-- What a digest tells of names the digest.
SELECT id FROM deliveries WHERE state = 'merged' AND merged_into IS NULL;

-- A recovery that goes on has work on the list.
SELECT id FROM delivery_recoveries r WHERE state = 'running'
AND NOT EXISTS (SELECT 1 FROM work_items w WHERE w.subject_id = r.id AND w.kind = 'endpoint.recover');
