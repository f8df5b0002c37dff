/**
 * start: `npm start` (all of Holdfast) and `npm run engine` (only the SIP engine): installs what is missing, builds, serves.
 */
import { asSetup, ensureBuilt, ensureModules, ensureNode, ensurePackages, ESPEAK, FFMPEG, RTPENGINE } from './install.mjs';

const engineOnly = process.argv.includes('--only=engine');

await asSetup(() => {
  ensureNode();
  // What runs elsewhere need not be installed here.
  if (!engineOnly) ensurePackages(process.env.RTPENGINE_NG ? [FFMPEG, ESPEAK] : [RTPENGINE, FFMPEG, ESPEAK]);
  ensureModules();
  ensureBuilt();
});

const { main } = await import(engineOnly ? '../../dist/engine/main.js' : '../../dist/main.js');
await main();
