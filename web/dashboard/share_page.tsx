import { Page } from "./page.tsx";
import { SecretField } from "./secret_field.tsx";

/** Asks for the password of the link at `path`. */
export function SharePasswordPage({ path, error }: { path: string; error?: string }) {
  return (
    <Page title="Shared dashboard">
      <form class="card" method="post" action={path}>
        <h1>Shared dashboard</h1>
        <SecretField name="password" label="Password" username={`shared dashboard ${path}`} error={error} />
        <button class="button" type="submit">Open</button>
        <p class="note">Whoever sent you the link knows it.</p>
      </form>
    </Page>
  );
}

/** A link that was never made, mistyped or revoked: which of these is not said. */
export function NoSharePage() {
  return (
    <Page title="No such link">
      <section class="card">
        <h1>This link leads nowhere</h1>
        <p>It is not complete, or it was revoked. Ask whoever sent it to you for another one.</p>
      </section>
    </Page>
  );
}
