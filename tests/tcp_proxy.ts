/** Stands between a test and a Postgres server, to take the server away and give it back. */
export interface TcpProxy extends AsyncDisposable {
  /** The server's URL, through the proxy. */
  readonly url: string;
  /** Ends every connection and refuses new ones, as a server that is down. */
  cut(): Promise<void>;
  /** Keeps every connection and passes nothing on, as a network that swallows packets. */
  stall(): void;
  /** Works again, after either. */
  restore(): void;
}

export interface TcpProxyOptions {
  /** How far away the server seems to be: milliseconds there and back; 0. */
  roundTrip?: number;
}

/** @param serverUrl `postgres://…` with a host and a port */
export function startProxy(serverUrl: string, { roundTrip = 0 }: TcpProxyOptions = {}): TcpProxy {
  const server = new URL(serverUrl);
  const open = new Set<Deno.Conn>();
  const running = new Set<Promise<void>>();
  let stalled = false;
  let listener = listen(0);
  const port = listener.addr.port;

  function listen(port: number): Deno.TcpListener {
    const listener = Deno.listen({ hostname: "127.0.0.1", port });
    track(accept(listener));
    return listener;
  }

  async function accept(listener: Deno.TcpListener): Promise<void> {
    for await (const client of listener) track(serve(client));
  }

  async function serve(client: Deno.Conn): Promise<void> {
    open.add(client);
    const upstream = await Deno.connect({ hostname: server.hostname, port: Number(server.port) });
    open.add(upstream);
    await Promise.all([pass(client, upstream), pass(upstream, client)]);
  }

  async function pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(65_536);
    // What is on its way: each piece arrives half a round trip after it was sent, in order, however many there are.
    let arriving = Promise.resolve();
    try {
      for (let size = await from.read(buffer); size !== null; size = await from.read(buffer)) {
        if (stalled) continue;
        if (roundTrip === 0) {
          await writeAll(to, buffer.subarray(0, size));
          continue;
        }
        const piece = buffer.slice(0, size);
        const travelled = after(roundTrip / 2);
        arriving = Promise.all([arriving, travelled]).then(() => writeAll(to, piece));
        arriving.catch(() => {});
      }
    } catch {
      // Either end may go at any time: that is what this is for.
    }
    await arriving.catch(() => {});
    end(from);
    end(to);
  }

  function end(connection: Deno.Conn): void {
    if (open.delete(connection)) connection.close();
  }

  function track(task: Promise<void>): void {
    const settled = task.catch(() => {}).finally(() => running.delete(settled));
    running.add(settled);
  }

  async function cut(): Promise<void> {
    listener.close();
    while (running.size > 0) {
      for (const connection of [...open]) end(connection);
      await Promise.race(running);
    }
  }

  const url = new URL(serverUrl);
  url.host = `127.0.0.1:${port}`;
  let isCut = false;
  return {
    url: url.href,
    stall: () => {
      stalled = true;
    },
    cut: async () => {
      if (isCut) return;
      isCut = true;
      await cut();
    },
    restore: () => {
      stalled = false;
      if (isCut) listener = listen(port);
      isCut = false;
    },
    [Symbol.asyncDispose]: async () => {
      if (!isCut) await cut();
    },
  };
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await to.write(bytes.subarray(written));
}
