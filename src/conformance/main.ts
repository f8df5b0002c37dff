/**
 * main: the kit as a command: reads flags, runs the cases, prints the table, writes the report. Exit code 1 when a case failed,
 * 2 when it could not begin.
 */
import { lookup } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { RealClock } from '#kit/clock.js';
import { ConfigError } from '#kit/errors.js';
import { ALL_CASES } from './cases/all.js';
import { RestControl } from './control.js';
import { readFlags, USAGE, type Flags } from './flags.js';
import { reportOf } from './report.js';
import { runCases, type Result } from './runner.js';
import { lastLine, row } from './table.js';

export type Print = (line: string) => void;

export async function main(words: readonly string[], print: Print = console.log): Promise<number> {
  try {
    const flags = readFlags(words);
    return await run(flags, print);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}

async function run(flags: Flags, print: Print): Promise<number> {
  const cases = ALL_CASES.filter(({ id, transport }) => flags.transports.includes(transport) && flags.only.test(id));
  if (flags.list) {
    for (const { id, title, rfc } of cases) print(`${id.padEnd(44)} RFC ${rfc.padEnd(18)} ${title}`);
    return 0;
  }
  if (cases.length === 0) throw new ConfigError('--only: no case has such a name');
  const results = await runCases(cases, await optionsOf(flags), (result) => print(row(result)));
  if (flags.report !== undefined) await write(flags.report, results, flags);
  print(lastLine(results));
  return results.some(({ verdict }) => verdict === 'failed') ? 1 : 0;
}

async function optionsOf({ target, accounts, trunk, control, musicByTarget, digest }: Flags) {
  const { address } = await lookup(target.host, 4).catch(() => {
    throw new ConfigError(`--target: ${target.host} has no address`);
  });
  return {
    target: { host: address, port: target.port },
    accounts,
    trunk,
    control: control === undefined ? undefined : new RestControl(control),
    musicByTarget,
    digest,
    clock: new RealClock(),
  };
}

async function write(file: string, results: readonly Result[], { target }: Flags): Promise<void> {
  await writeFile(file, reportOf(results, `sip:${target.host}:${target.port}`, new Date().toISOString()));
}
