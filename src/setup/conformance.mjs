/**
 * conformance: `npm run conformance -- --target sip:HOST:PORT ...`: builds, and hands over to src/conformance/main.ts, whose flags it
 * takes.
 */
import { asSetup, ensureBuilt, ensureModules, ensureNode } from './install.mjs';

await asSetup(() => {
  ensureNode();
  ensureModules();
  ensureBuilt();
});

const { main } = await import(new URL('../../dist/conformance/main.js', import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
