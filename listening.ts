import ipaddr from "ipaddr.js";
import type { Config } from "./config.ts";
import { StartError } from "./system.ts";

/** Why nobody could listen there, and what would be right. @param error as Deno and Node throw it */
export function cannotListen(error: Error, { host, port }: Pick<Config, "host" | "port">): StartError {
  const reason = () => {
    switch ((error as { code?: unknown }).code) {
      case "EADDRINUSE":
        return `port ${port} is taken. Stop what listens there (is it another Footfall?), or set PORT to another one`;
      case "EADDRNOTAVAIL":
        return `this machine has no address ${host}. Set HOST to one that it has, such as 0.0.0.0, 127.0.0.1 or ::`;
      case "EACCES":
        return `this user may not take port ${port}. Set PORT to one from 1024 on, and put a proxy before it`;
      default:
        return `${error.message}. HOST is ${host}, PORT is ${port}`;
    }
  };
  return new StartError(`Cannot start: ${reason()}`, { cause: error });
}

/** A URL at which this machine reaches what listens there. @param hostname as Deno tells it: an address, or a name */
export function localUrl(hostname: string, port: number): string {
  if (!hostname.includes(":")) return `http://${hostname === "0.0.0.0" ? "localhost" : hostname}:${port}`;
  // `localhost` may be an IPv4 address only, at which `::` need not listen.
  const isAny = ipaddr.IPv6.isValid(hostname) && ipaddr.IPv6.parse(hostname).range() === "unspecified";
  return `http://[${isAny ? "::1" : hostname}]:${port}`;
}
