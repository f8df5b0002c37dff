/**
 * Goal: the customs of the house hold everywhere: small rooms, a header that says whose room it is, no escape from the type checker,
 * nothing left for later. Method: every source file is read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import ts from 'typescript';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const MOST_LINES = 300;

type Source = Readonly<{ name: string; text: string }>;

const sources: readonly Source[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|mjs)$/.test(name))
  .sort()
  .map((name) => ({ name, text: readFileSync(join(src, name), 'utf8') }));

/** The files that break a custom, by name: a failed test shows which. */
const breaking = (breaks: (source: Source) => boolean): string[] => sources.filter(breaks).map(({ name }) => name);

t.test('there is something to look at', (t) => {
  t.ok(sources.length > 50);
  t.end();
});

t.test(`no file is longer than ${MOST_LINES} lines`, (t) => {
  t.strictSame(
    breaking(({ text }) => text.split('\n').length > MOST_LINES),
    [],
  );
  t.end();
});

t.test('every file begins by saying what it is, under its own name', (t) => {
  t.strictSame(
    breaking(({ name, text }) => {
      const noun = (name.split('/').at(-1) ?? '').replace(/(\.d)?\.(ts|mjs)$/, '');
      // What a library's missing types stand for is said in a sentence; the file has the library's name.
      if (name.endsWith('.d.ts')) return !/^\/\*\*\s+(\*\s+)?\S+ .{20}/.test(text);
      return /^\/\*\*\s+(?:\*\s+)?(\S+?):/.exec(text)?.[1] !== noun;
    }),
    [],
  );
  t.end();
});

/** `any` as a type, not as a word of a comment. */
function saysAny({ name, text }: Source): boolean {
  if (!name.endsWith('.ts')) return false;
  let found = false;
  const visit = (node: ts.Node): void => {
    found ||= node.kind === ts.SyntaxKind.AnyKeyword;
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest));
  return found;
}

t.test('no type is any, except at the one door to drachtio-srf', (t) => {
  t.ok(saysAny({ name: 'x.ts', text: 'export const x: any = 1;' }), 'the reader sees one where there is one');
  t.notOk(saysAny({ name: 'x.ts', text: '/** any */ export const any = 1;' }), 'and none in a comment or a name');
  t.strictSame(
    breaking(saysAny).filter((name) => name !== 'signaling/srf.ts'),
    [],
  );
  t.end();
});

t.test('nobody silences the checkers, and nothing is left for later', (t) => {
  t.strictSame(
    breaking(({ text }) => /eslint-disable|@ts-(ignore|nocheck|expect-error)|\b(TODO|FIXME|XXX)\b/.test(text)),
    [],
  );
  t.end();
});

t.test('exports have names', (t) => {
  t.strictSame(
    breaking(({ text }) => /^export default\b/m.test(text)),
    [],
  );
  t.end();
});

t.test('there is no room called utils', (t) => {
  t.strictSame(
    breaking(({ name }) => /(^|\/)(utils?|helpers?|misc|common)(\/|\.ts$)/.test(name)),
    [],
  );
  t.end();
});
