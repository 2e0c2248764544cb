import { freePort } from "./cluster.ts";
import { makeFolder } from "./test_environment.ts";
import { until } from "./until.ts";

/** Where nginx is: where Linux packages put it; undefined where it, or what makes its certificate, is missing. */
export const NGINX = isFile("/usr/bin/openssl") && isFile("/usr/sbin/nginx") ? "/usr/sbin/nginx" : undefined;

/** An nginx that dies with this process whatever ends it. */
export interface Nginx extends AsyncDisposable {
  /** Such as `https://localhost:8443`, with a certificate that it has signed itself. */
  https: string;
  /** Such as `http://127.0.0.1:8080`. */
  http: string;
}

// The shell waits for its standard input to end, which the operating system sees to however the runner dies.
const SUPERVISE = `
trap '' INT HUP TERM
"$1" -c "$2" 2>/dev/null </dev/null &
cat >/dev/null
kill "$!"
wait
`;

/** Starts one. @param locations what stands in its `server { … }` */
export async function startNginx(locations: string): Promise<Nginx> {
  const folder = await makeFolder();
  await Deno.chmod(folder, 0o755);
  await makeCertificate(folder);
  const [tls, plain] = [freePort(), freePort()];
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join("\n");
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${temporary}
  server {
    listen 127.0.0.1:${tls} ssl;
    listen 127.0.0.1:${plain};
    ssl_certificate ${folder}/certificate.pem;
    ssl_certificate_key ${folder}/key.pem;
    ${locations}
  }
}
`,
  );
  const shell = new Deno.Command("/bin/sh", {
    args: ["-c", SUPERVISE, "sh", NGINX!, `${folder}/nginx.conf`],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const http = `http://127.0.0.1:${plain}`;
  await until("nginx answers", async () => {
    const response = await fetch(http).catch(() => undefined);
    await response?.body?.cancel();
    return response !== undefined;
  });
  return {
    https: `https://localhost:${tls}`,
    http,
    [Symbol.asyncDispose]: async () => {
      await shell.stdin.close();
      await shell.status;
    },
  };
}

async function makeCertificate(folder: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("/usr/bin/openssl", {
    args: [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
        .split(" "),
      ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/certificate.pem`],
    ],
  }).output();
  if (!success) throw new Error(`There is no certificate: ${new TextDecoder().decode(stderr)}`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
