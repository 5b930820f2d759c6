-- What must hold whatever was killed. Each statement returns the rows that break it; none is what all should return.

-- A subject's events have no gap.
SELECT subject_id FROM events GROUP BY subject_id HAVING max(sequence) <> count(*);

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
