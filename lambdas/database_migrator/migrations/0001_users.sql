-- The users of the pool, as the newest event about each tells. Cognito's e-mail addresses do not distinguish case, so
-- they are stored in lower case: without that, UNIQUE would let one address in twice.
CREATE TABLE users (
    id VARCHAR(36) PRIMARY KEY DEFAULT CAST(gen_random_uuid() AS VARCHAR(36)),
    cognito_id VARCHAR(128) UNIQUE NOT NULL,
    email VARCHAR(255) UNIQUE NOT NULL CONSTRAINT users_email_is_lower_case CHECK (email = lower(email)),
    name VARCHAR(255),
    phone VARCHAR(20),
    email_verified BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    medical_license VARCHAR(64),
    license_state VARCHAR(64),
    specialties JSONB NOT NULL DEFAULT '[]',
    clinic_id UUID,
    user_role VARCHAR(64),
    preferred_language VARCHAR(16),
    npi_number VARCHAR(10),
    last_event_at TIMESTAMPTZ
);

COMMENT ON COLUMN users.id IS 'own id: stays when a pool is restored and every cognito_id changes';

COMMENT ON COLUMN users.updated_at IS 'when this row was last written';

COMMENT ON COLUMN users.last_event_at IS 'when the event happened that the row tells of; an older one changes nothing';

-- Pages of one clinic's users, in the order of id.
CREATE INDEX users_of_clinic ON users (clinic_id, id);
