import { Page } from "./page.tsx";
import { SecretField } from "./secret_field.tsx";

/** Asks for the password of a shared link. The form goes back to where it came from. */
export function SharePasswordPage({ error }: { error?: string }) {
  return (
    <Page title="Shared dashboard">
      <form class="card" method="post">
        <h1>Shared dashboard</h1>
        <SecretField name="password" label="Password" error={error} />
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
