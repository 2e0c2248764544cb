import type { Config } from "./config.ts";
import { StartError } from "./system.ts";

/** Why nobody could listen there, and what would be right. @param error as Deno and Node throw it */
export function cannotListen(error: Error, { host, port }: Pick<Config, "host" | "port">): StartError {
  const reason = () => {
    switch ((error as { code?: unknown }).code) {
      case "EADDRINUSE":
        return `port ${port} is taken. Stop what listens there (is it another Footfall?), or set PORT to another one`;
      case "EADDRNOTAVAIL":
        return `this machine has no address ${host}. Set HOST to one that it has, such as 0.0.0.0 or 127.0.0.1`;
      case "EACCES":
        return `this user may not take port ${port}. Set PORT to one from 1024 on, and put a proxy before it`;
      default:
        return `${error.message}. HOST is ${host}, PORT is ${port}`;
    }
  };
  return new StartError(`Cannot start: ${reason()}`, { cause: error });
}
