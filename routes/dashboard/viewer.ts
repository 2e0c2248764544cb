import type { Viewer } from "../../web/dashboard/site_frame.tsx";
import { mayWrite, type Reader } from "../readers.ts";

/** What the reader sees of the pages of a site; of those of all sites where none is given. */
export function viewerOf(reader: Reader, siteId?: string): Viewer {
  const isAdmin = reader.kind === "admin";
  return {
    isAdmin,
    canEdit: siteId === undefined ? isAdmin : mayWrite(reader, siteId),
    signedIn: isAdmin && reader.by === "cookie",
  };
}
