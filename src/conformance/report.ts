/**
 * report: one HTML file that needs nothing else: the table of cases, what can be said of the 25 complaints, and the message ladder of
 * each case that failed. Whatever a target sent is escaped here; nothing of it is ever run.
 */
import { complaintTable } from './complaints.js';
import type { Rung } from './ladder.js';
import type { Result } from './runner.js';
import { lastLine } from './table.js';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Control characters are shown as a dot: an HTML file must not carry them. */
export const escaped = (text: string): string =>
  [...text]
    .map((char) => (char < ' ' && char !== '\n' && char !== '\t' ? (char === '\r' ? '' : '·') : (ESCAPES[char] ?? char)))
    .join('');

export function reportOf(results: readonly Result[], target: string, date: string): string {
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    `<title>Hold conformance of ${escaped(target)}</title><style>${STYLE}</style>`,
    `<h1>Hold conformance of ${escaped(target)}</h1><p>${escaped(date)} · <strong>${lastLine(results)}</strong></p>`,
    table(['Case', 'What', 'RFC', 'Complaints', 'Verdict'], results.map(caseRow)),
    '<h2>Complaints</h2>',
    table(['', 'What users of other systems say', 'Can it be said of this one?', 'Cases'], complaintRows(results)),
    ...results.filter(({ verdict }) => verdict === 'failed').map(failure),
    '</html>\n',
  ].join('\n');
}

type Cell = Readonly<{ html: string; kind?: string }>;

const table = (heads: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [
    `<table><tr>${heads.map((head) => `<th>${escaped(head)}</th>`).join('')}</tr>`,
    ...rows.map((cells) => `<tr>${cells.map(({ html, kind }) => `<td class="${kind ?? ''}">${html}</td>`).join('')}</tr>`),
    '</table>',
  ].join('\n');

const text = (words: string, kind?: string): Cell => ({ html: escaped(words), ...(kind === undefined ? {} : { kind }) });

function caseRow({ case: one, verdict, expected, seen }: Result): readonly Cell[] {
  const said =
    verdict === 'passed' ? 'passed' : verdict === 'skipped' ? `skipped: ${seen}` : `failed: expected ${expected}; seen ${seen}`;
  const name = verdict === 'failed' ? { html: `<a href="#${escaped(one.id)}">${escaped(one.id)}</a>` } : text(one.id);
  return [name, text(one.title), text(one.rfc), text(one.complaints.join(' ')), text(said, verdict)];
}

const complaintRows = (results: readonly Result[]): readonly (readonly Cell[])[] =>
  complaintTable(results).map(({ id, text: words, verdict, by, elsewhere }) => {
    const said =
      verdict === 'passed' ? 'no' : verdict === 'failed' ? 'yes' : `not judged${elsewhere === undefined ? '' : `: ${elsewhere}`}`;
    return [text(id), text(words), text(said, verdict), text(by.map((one) => one.id).join(' '))];
  });

function failure({ case: one, expected, seen, ladder }: Result): string {
  return [
    `<h2 id="${escaped(one.id)}">${escaped(one.id)}</h2><p>${escaped(one.title)} · RFC ${escaped(one.rfc)}</p>`,
    `<p>Expected: ${escaped(expected)}<br>Seen: ${escaped(seen)}</p>`,
    `<pre>${ladder.lines().map(escaped).join('\n')}</pre>`,
    '<details><summary>The messages</summary>',
    ...ladder.rungs.map(message),
    '</details>',
  ].join('\n');
}

/** Passwords are never in a ladder, but what proves one is: a digest is as good as a password to who wants to guess it. */
const message = ({ phone, way, message: sip }: Rung): string =>
  `<h4>${escaped(`${phone} ${way}`)}</h4><pre>${escaped(sip.text.replace(/(response=")[^"]*/gi, '$1(left out)'))}</pre>`;

const STYLE = `body{font:14px/1.5 system-ui,sans-serif;margin:2em auto;max-width:80em;padding:0 1em;color:#222}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ddd;padding:.3em .6em;text-align:left;vertical-align:top}
.passed{color:#17643a}.failed{color:#a3161e}.skipped{color:#666}pre{background:#f5f5f3;padding:.8em;overflow-x:auto}`;
