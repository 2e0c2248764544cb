import { Page } from "./page.tsx";
import { SecretField } from "./secret_field.tsx";

/** Asks for the password of the link at `path`, below `base`. */
export function SharePasswordPage({ base, path, error }: { base: string; path: string; error?: string }) {
  return (
    <Page title="Shared dashboard" base={base}>
      <form class="card" method="post" action={base + path}>
        <h1>Shared dashboard</h1>
        <SecretField
          name="password"
          label="Password"
          username={`shared dashboard ${base}${path}`}
          error={error}
        />
        <button class="button" type="submit">Open</button>
        <p class="note">Whoever sent you the link knows it.</p>
      </form>
    </Page>
  );
}

/** A link that was never made, mistyped or revoked: which of these is not said. */
export function NoSharePage({ base }: { base: string }) {
  return (
    <Page title="No such link" base={base}>
      <section class="card">
        <h1>This link leads nowhere</h1>
        <p>It is not complete, or it was revoked. Ask whoever sent it to you for another one.</p>
      </section>
    </Page>
  );
}
