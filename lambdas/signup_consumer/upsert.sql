-- Writes a batch of users. Its parameter is a JSON list of objects, the oldest first, with position, the columns of users and
-- occurred_at.
-- One line per object comes back: position, and what became of it (inserted, updated, stale, email_conflict).
WITH incoming AS MATERIALIZED (
    SELECT
        row_of.position, row_of.cognito_id, lower(row_of.email) AS email, row_of.email_verified, row_of.name,
        row_of.phone, row_of.medical_license, row_of.license_state,
        COALESCE(row_of.specialties, CAST('[]' AS jsonb)) AS specialties,
        row_of.clinic_id, row_of.user_role, row_of.preferred_language, row_of.npi_number, row_of.occurred_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row_of (
        position integer, cognito_id text, email text, email_verified boolean, name text, phone text,
        medical_license text, license_state text, specialties jsonb,
        clinic_id uuid, user_role text, preferred_language text, npi_number text, occurred_at timestamptz
    )
),
-- One event per user: the newest of the batch, if it is newer than what the table tells.
newest AS (
    SELECT DISTINCT ON (incoming.cognito_id)
        incoming.*,
        stored.cognito_id IS NOT NULL AS known,
        COALESCE(stored.email = incoming.email, FALSE) AS owns_email
    FROM incoming
    LEFT JOIN users AS stored ON stored.cognito_id = incoming.cognito_id
    WHERE stored.last_event_at IS NULL OR stored.last_event_at < incoming.occurred_at
    ORDER BY incoming.cognito_id, incoming.occurred_at DESC, incoming.position
),
-- An e-mail address stays with the user who has it, in the table or, failing that, first in time within the batch.
judged AS (
    SELECT
        newest.*,
        EXISTS (
            SELECT 1 FROM users AS other WHERE other.email = newest.email AND other.cognito_id <> newest.cognito_id
        ) OR row_number() OVER (
            PARTITION BY newest.email ORDER BY newest.owns_email DESC, newest.position
        ) > 1 AS email_taken
    FROM newest
),
-- In the order of cognito_id, so that concurrent batches take their row locks in one order and cannot deadlock.
written AS (
    INSERT INTO users AS stored (
        cognito_id, email, email_verified, name, phone, medical_license, license_state, specialties,
        clinic_id, user_role, preferred_language, npi_number, last_event_at
    )
    SELECT
        cognito_id, email, email_verified, name, phone, medical_license, license_state, specialties,
        clinic_id, user_role, preferred_language, npi_number, occurred_at
    FROM judged
    WHERE NOT email_taken
    ORDER BY cognito_id
    ON CONFLICT (cognito_id) DO UPDATE SET
        email = EXCLUDED.email, email_verified = EXCLUDED.email_verified, name = EXCLUDED.name, phone = EXCLUDED.phone,
        medical_license = EXCLUDED.medical_license, license_state = EXCLUDED.license_state,
        specialties = EXCLUDED.specialties, clinic_id = EXCLUDED.clinic_id, user_role = EXCLUDED.user_role,
        preferred_language = EXCLUDED.preferred_language, npi_number = EXCLUDED.npi_number,
        last_event_at = EXCLUDED.last_event_at, updated_at = CURRENT_TIMESTAMP
    -- Again, since a concurrent batch may have written in between.
    WHERE stored.last_event_at IS NULL OR stored.last_event_at < EXCLUDED.last_event_at
    RETURNING stored.cognito_id
)
SELECT
    incoming.position,
    CASE
        WHEN judged.email_taken THEN 'email_conflict'
        WHEN written.cognito_id IS NULL THEN 'stale'
        WHEN judged.known THEN 'updated'
        ELSE 'inserted'
    END AS outcome
FROM incoming
LEFT JOIN judged ON judged.position = incoming.position
LEFT JOIN written ON written.cognito_id = judged.cognito_id
ORDER BY incoming.position
