import { Page } from "./page.tsx";
import { SecretField } from "./secret_field.tsx";

export interface SignInOptions {
  /** Under which path a browser sees this host. */
  base: string;
  /** Path to go to afterwards, below `base`. */
  next: string;
  /** What was wrong with the last try. */
  error?: string;
}

/** Asks for the admin token. */
export function SignInPage({ base, next, error }: SignInOptions) {
  return (
    <Page title="Sign in" base={base}>
      <form class="card" method="post" action={`${base}/dashboard/sign-in`}>
        <h1>Sign in</h1>
        <SecretField name="token" label="Admin token" username="admin" error={error} />
        <input type="hidden" name="next" value={next} />
        <button class="button" type="submit">Sign in</button>
        <p class="note">
          It is the server’s{" "}
          <code>ADMIN_TOKEN</code>. If somebody shared a dashboard with you, open their link again.
        </p>
      </form>
    </Page>
  );
}
