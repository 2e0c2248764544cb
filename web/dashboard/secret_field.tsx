export interface SecretFieldOptions {
  name: string;
  label: string;
  /** By which a password manager tells this secret from the others of this host. */
  username: string;
  /** What was wrong with the last try; a screen reader says it at once. */
  error?: string;
}

/** A field for a token or a password. */
export function SecretField({ name, label, username, error }: SecretFieldOptions) {
  return (
    <div class="field">
      <input type="text" name="username" autocomplete="username" value={username} hidden readonly />
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        type="password"
        autocomplete="current-password"
        autofocus
        required
        aria-invalid={error ? "true" : undefined}
        aria-describedby={error ? `${name}-error` : undefined}
      />
      {error && <p class="error" id={`${name}-error`} role="alert">{error}</p>}
    </div>
  );
}
