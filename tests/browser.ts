import { type Browser, chromium, type LaunchOptions, type Page } from "playwright-core";
import { CHROME } from "./fixtures.ts";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome"];

/** The browser that people use: `CHROMIUM_PATH`, or where Linux packages put it; undefined where there is none. */
export const FULL_CHROMIUM = installed(BROWSERS);
// The headless shell takes half its processor time: 113 s instead of 221 for the dashboard's pages.
const CHROMIUM = installed(["chromium-headless-shell", ...BROWSERS]);

let browser: Browser | undefined;

/**
 * Registers a test that drives a browser: the file's tests share one, each with contexts of its own, which are closed
 * after it. Where there is no Chromium it is ignored, and counted as skipped; under continuous integration (`CI` is
 * set) that is a failure.
 *
 * @param program what it needs
 */
export function browserTest(
  title: string,
  work: (browser: Browser) => Promise<void>,
  program: string | undefined = CHROMIUM,
): void {
  Deno.test({
    name: title,
    ignore: program === undefined && Deno.env.get("CI") === undefined,
    // The browser's pipes outlive the test, which the sanitizers would call a leak.
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      browser ??= await launch();
      try {
        await work(browser);
      } finally {
        await Promise.all(browser.contexts().map((context) => context.close()));
      }
    },
  });
}

// Registered with the file that imports this.
Deno.test.afterAll(async () => {
  await browser?.close();
});

/** A browser of one test's own, where it needs another one than the file's. */
export async function launch(executablePath = CHROMIUM, options: LaunchOptions = {}): Promise<Browser> {
  if (executablePath === undefined) {
    throw new Error(`There is no Chromium: install one, or set CHROMIUM_PATH`);
  }
  return await chromium.launch({
    executablePath,
    ...options,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // As a person's: what says that a program drives it is left out of all figures.
      `--user-agent=${CHROME}`,
      // The headless shell sends an emulated language with what it sends while a page is shown, not when it is left.
      "--accept-lang=en-GB",
      "--disable-blink-features=AutomationControlled",
    ],
  });
}

/** Collects what a page complains about: uncaught errors, and messages on its console. */
export function complaints(page: Page): string[] {
  const heard: string[] = [];
  page.on("pageerror", (error) => heard.push(error.message));
  page.on("console", (message) => heard.push(`${message.type()}: ${message.text()}`));
  return heard;
}

function installed(programs: string[]): string | undefined {
  return [Deno.env.get("CHROMIUM_PATH") ?? "", ...programs.map((name) => `/usr/bin/${name}`)].find(isFile);
}

function isFile(path: string): boolean {
  try {
    return path !== "" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
