"""Password hashes (Argon2id), token signatures (Ed25519), sealed values (AES-256-GCM) and the files their keys live in."""
