/**
 * read-yaml: one file of the configuration as it is written. Nothing that is said of a broken one shows what stands in it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, parseDocument, type YAMLParseError, type YAMLWarning } from 'yaml';
import { ConfigError } from './errors.js';

/** @returns nothing at all for a file that is not there. @throws ConfigError with its name. */
export function readYaml(folder: string, file: string): unknown {
  const path = join(folder, file);
  if (!existsSync(path)) return {};
  const text = readText(path, file);
  const lines = new LineCounter();
  const document = parseDocument(text, { prettyErrors: false, lineCounter: lines });
  const broken = document.errors[0];
  // `!secret` before a value is a tag (YAML 1.2 §6.8.1), and what is left without it would be taken for the value.
  const odd = broken ?? document.warnings[0];
  // Where it is and of what kind: the line itself may hold a password.
  if (odd !== undefined) throw new ConfigError(`${file}: not readable as YAML: ${placeOf(odd, lines)}`);
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch {
    throw new ConfigError(`${file}: not readable as YAML: a value that begins with * is an alias, and there is no such anchor`);
  }
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`${file}: cannot be read: ${code === 'EACCES' ? 'this user may not' : (code ?? 'it is no file')}`);
  }
}

function placeOf({ code, pos }: YAMLParseError | YAMLWarning, lines: LineCounter): string {
  const { line, col } = lines.linePos(pos[0]);
  return `line ${line}, column ${col}: ${code.toLowerCase().replaceAll('_', ' ')}`;
}
