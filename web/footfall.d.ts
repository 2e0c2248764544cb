/**
 * Types of `footfall`, the tracker's one global. Put a copy beside your sources, or reference it:
 * `/// <reference path="footfall.d.ts" />`.
 */
interface Footfall {
  /** Stores an event of your own: a name of at most 50 characters and what belongs to it, at most 256 kB as JSON. */
  (command: "event", name: string, data?: Record<string, unknown>): void;
  /** Ties this visitor to what you know of them: an `identify` event with these traits. */
  (command: "identify", traits: { userId?: string } & Record<string, unknown>): void;
  /** The visitor's answer. It is remembered; a `false` also clears whatever else is stored and not yet sent. */
  (command: "consent", given: boolean): void;
  /** Collects nothing on this page until `resume`. Pages loaded later are not concerned. */
  (command: "pause" | "resume"): void;
  /** Calls made by the stub before the tracker has loaded. */
  q?: IArguments[];
}

interface Window {
  footfall?: Footfall;
}

declare const footfall: Footfall;
