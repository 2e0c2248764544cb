export interface SecretFieldOptions {
  name: string;
  label: string;
  /** What was wrong with the last try; a screen reader says it at once. */
  error?: string;
}

/** A field for a token or a password. */
export function SecretField({ name, label, error }: SecretFieldOptions) {
  return (
    <div class="field">
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
