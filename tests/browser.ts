import { type Browser, chromium, type Page } from "playwright-core";

const CANDIDATES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where Chromium is: `CHROMIUM_PATH`, or where Linux packages put it; undefined where there is none. */
export const CHROMIUM = [Deno.env.get("CHROMIUM_PATH") ?? "", ...CANDIDATES].find(isFile);

let browser: Browser | undefined;

/**
 * Registers a test that drives a browser: the file's tests share one, each with contexts of its own, which are closed
 * after it. Where there is no Chromium it is ignored, and counted as skipped; under continuous integration (`CI` is
 * set) that is a failure.
 */
export function browserTest(title: string, work: (browser: Browser) => Promise<void>): void {
  Deno.test({
    name: title,
    ignore: CHROMIUM === undefined && Deno.env.get("CI") === undefined,
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

async function launch(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error(`There is no Chromium: install one, or set CHROMIUM_PATH`);
  return await chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      // Otherwise the tracker reports `navigator.webdriver`, and the visits are those of a bot.
      "--disable-blink-features=AutomationControlled",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
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

function isFile(path: string): boolean {
  try {
    return path !== "" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
