// What a URL keeps for itself (RFC 3986, section 2.2), as far as passwords have it often.
const ENCODE =
  "percent-encode the user and the password (# is %23, / is %2F, ? is %3F, @ is %40, % is %25, a blank is %20)";

/**
 * What is wrong with a `postgres://…` URL, without a part of it: a password that is not percent-encoded leaves an URL that
 * cannot be read, or that leads to another host.
 *
 * @returns undefined where nothing is
 */
export function postgresUrlProblem(url: string): string | undefined {
  const [, authority, path, query] = /^postgres(?:ql)?:\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/.exec(url)!;
  // As files of secrets often end.
  if (/\s$/.test(url)) return "leave out the blank or the line end after it";
  if (/[#\s]/.test(url) || /%(?![0-9a-f]{2})/i.test(url) || path!.includes("@")) return ENCODE;
  const hasUser = authority!.includes("@");
  const parameters = new URLSearchParams(query);
  // Without a user before the host, an @ further on ends a password that / or ? has cut off.
  if (!hasUser && !parameters.has("user") && query?.includes("@")) return ENCODE;
  const server = authority!.slice(authority!.lastIndexOf("@") + 1);
  if (server.includes(",")) return "name one host: this release knows no list of them";
  try {
    decodeURIComponent(url);
    // A socket's folder stands in the query then.
    new URL(server === "" ? url.replace(`${authority}`, `${authority}localhost`) : url);
  } catch {
    const port = /:(\d+)$/.exec(server)?.[1];
    return hasUser && port !== undefined && Number(port) > 65535
      ? "its port must be a number from 1 to 65535"
      : ENCODE;
  }
}

/** The password of a URL that has no problem, as it is written and as it is meant; none where it is the user's name, too. */
export function passwordsOf(url: string): string[] {
  const [, authority, query] = /^postgres(?:ql)?:\/\/([^/?#]*)[^?#]*(?:\?([^#]*))?/.exec(url)!;
  const [, user, written] = /^([^:]*):(.*)@/s.exec(authority!) ?? [];
  const parameter = new URLSearchParams(query).get("password");
  return [
    ...(written && written !== user ? [written, decodeURIComponent(written)] : []),
    ...(parameter ? [parameter] : []),
  ];
}
