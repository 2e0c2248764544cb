import { risingIds } from "./ids.ts";
import { Choices, type Random } from "./random.ts";

/** Which of the shapes that the collector takes a visitor's tracker sends. */
export type TrackerKind = "batches" | "arrays";

/** A person at a device, who may come again. */
export interface Visitor {
  id: string;
  userAgent: string;
  address: string;
  screen: { screenWidth: number; screenHeight: number; viewportWidth: number; viewportHeight: number };
  devicePixelRatio: number;
  language: string;
  timezone: string;
  tracker: TrackerKind;
  /** By how much the device's clock is wrong. */
  clockSkewMs: number;
}

interface Device {
  userAgent: string;
  width: number;
  height: number;
  ratio: number;
}

const chrome = (system: string, version: number, mobile = "") =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 ${mobile}Safari/537.36`;
const safari = (system: string, version: string, suffix: string) =>
  `Mozilla/5.0 (${system}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${version} ${suffix}`;
const WINDOWS = "Windows NT 10.0; Win64; x64";
const MAC = "Macintosh; Intel Mac OS X 10_15_7";
const ANDROID = "Linux; Android 10; K";

const device = (userAgent: string, width: number, height: number, ratio: number): Device => ({
  userAgent,
  width,
  height,
  ratio,
});

const DEVICES = new Choices<Device>([
  [device(chrome(WINDOWS, 142), 1920, 1080, 1), 21],
  [device(chrome(WINDOWS, 141), 1536, 864, 1.25), 7],
  [device(`${chrome(WINDOWS, 142)} Edg/142.0.0.0`, 1920, 1080, 1), 8],
  [device(chrome(MAC, 142), 1512, 982, 2), 7],
  [device(safari(MAC, "18.6", "Safari/605.1.15"), 1440, 900, 2), 6],
  [device(`Mozilla/5.0 (${WINDOWS}; rv:145.0) Gecko/20100101 Firefox/145.0`, 1920, 1080, 1), 4],
  [device("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", 2560, 1440, 1), 2],
  [device(chrome("X11; Linux x86_64", 142), 1920, 1200, 1), 2],
  [device(chrome(ANDROID, 142, "Mobile "), 412, 915, 2.625), 20],
  [device(`${chrome(ANDROID, 140, "Mobile ")} SamsungBrowser/29.0`, 384, 854, 2.8125), 4],
  [
    device(
      safari("iPhone; CPU iPhone OS 18_6 like Mac OS X", "18.6", "Mobile/15E148 Safari/604.1"),
      393,
      852,
      3,
    ),
    15,
  ],
  [
    device(safari("iPad; CPU OS 18_6 like Mac OS X", "18.6", "Mobile/15E148 Safari/604.1"), 820, 1180, 2),
    3,
  ],
  [
    device("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 1024, 1024, 1),
    1,
  ],
]);

const PLACES = new Choices<{ language: string; timezone: string }>([
  [{ language: "de-DE", timezone: "Europe/Berlin" }, 28],
  [{ language: "en-US", timezone: "America/New_York" }, 15],
  [{ language: "en-GB", timezone: "Europe/London" }, 14],
  [{ language: "fr-FR", timezone: "Europe/Paris" }, 10],
  [{ language: "de-AT", timezone: "Europe/Vienna" }, 6],
  [{ language: "en-US", timezone: "America/Los_Angeles" }, 5],
  [{ language: "es-ES", timezone: "Europe/Madrid" }, 4],
  [{ language: "de-CH", timezone: "Europe/Zurich" }, 3],
  [{ language: "nl-NL", timezone: "Europe/Amsterdam" }, 3],
  [{ language: "it-IT", timezone: "Europe/Rome" }, 2],
  [{ language: "pl-PL", timezone: "Europe/Warsaw" }, 2],
  // Chrome's name of Asia/Kolkata.
  [{ language: "en-IN", timezone: "Asia/Calcutta" }, 2],
  [{ language: "sv-SE", timezone: "Europe/Stockholm" }, 1],
  [{ language: "en-CA", timezone: "America/Toronto" }, 1],
  [{ language: "pt-BR", timezone: "America/Sao_Paulo" }, 1],
  [{ language: "ja-JP", timezone: "Asia/Tokyo" }, 1],
  [{ language: "en-AU", timezone: "Australia/Sydney" }, 1],
  // A browser that hides where it is.
  [{ language: "en-US", timezone: "UTC" }, 1],
]);

// Sites keep the tracker that they have for years: older ones send batches, without ids and without `sentAt`.
const TRACKERS = new Choices<TrackerKind>([["batches", 7], ["arrays", 3]]);

const RETURNS = 0.35;
// How many visitors may still come again.
const REMEMBERED = 5_000;
const WRONG_CLOCK = 0.02;
const LONGEST_SKEW_MINUTES = 300;

/** Everybody who visits. */
export class Audience {
  readonly #random: Random;
  readonly #nextId: () => string;
  readonly #recent: Visitor[] = [];
  #visitors = 0;

  /** @param regulars how many there are from before, who may come again */
  constructor(random: Random, regulars: number) {
    this.#random = random;
    this.#nextId = risingIds(random, 2);
    while (this.#visitors < regulars) this.#remember(this.#meet());
  }

  /** Those who have been there, and may come again. */
  get recent(): readonly Visitor[] {
    return this.#recent;
  }

  /** Whoever comes next: somebody new, or somebody again. */
  next(): Visitor {
    if (this.#recent.length > 0 && this.#random.chance(RETURNS)) return this.#random.pick(this.#recent);
    const visitor = this.#meet();
    this.#remember(visitor);
    return visitor;
  }

  #remember(visitor: Visitor): void {
    this.#recent[this.#visitors++ % REMEMBERED] = visitor;
  }

  #meet(): Visitor {
    const random = this.#random;
    const { userAgent, width, height, ratio } = random.weighted(DEVICES);
    const tracker = random.weighted(TRACKERS);
    // Only a tracker that tells when it sent lets the collector set a clock right.
    const isWrong = tracker === "arrays" && random.chance(WRONG_CLOCK);
    return {
      id: `vis_${this.#nextId()}`,
      userAgent,
      address: `${random.whole(11, 99)}.${random.whole(0, 255)}.${random.whole(0, 255)}.${
        random.whole(1, 254)
      }`,
      screen: {
        screenWidth: width,
        screenHeight: height,
        viewportWidth: width,
        viewportHeight: height - random.whole(80, 140),
      },
      devicePixelRatio: ratio,
      ...random.weighted(PLACES),
      tracker,
      clockSkewMs: isWrong ? random.whole(-LONGEST_SKEW_MINUTES, LONGEST_SKEW_MINUTES) * 60_000 : 0,
    };
  }
}
