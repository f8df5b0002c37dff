/**
 * pages: the front page and /docs, made from the OpenAPI document. Plain HTML: no script, nothing from other hosts.
 */
import { ERROR_CODES } from './error-codes.js';
import type { OpenApi, Operation } from './openapi.js';

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
} as const;

export function frontPage(): string {
  return page(
    'Holdfast',
    `<h1>Holdfast</h1>
<p>A SIP back-to-back user agent whose heart is hold: it sets up calls, puts them on hold with music, and proves it.</p>
<ul>
<li><a href="/docs">/docs</a>: how to use it over HTTP</li>
<li><a href="/openapi.json">/openapi.json</a>: the same for programs</li>
<li><a href="/health">/health</a>: is it well</li>
<li>/api: the Ozeki HTTP API and OzML</li>
<li>/uapi: the VoipNow UnifiedAPI of phone calls</li>
<li>/v1/phlo: the Plivo PHLO API</li>
<li>/agentgateway: the Huawei AgentGateway</li>
</ul>`,
  );
}

export function docsPage(api: OpenApi): string {
  const operations = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => operationText(method, path, operation)),
  );
  const schemas = Object.entries((api.components['schemas'] ?? {}) as Record<string, unknown>).map(
    ([name, schema]) => `<h3 id="${esc(name)}">${esc(name)}</h3><pre>${esc(JSON.stringify(schema, null, 1))}</pre>`,
  );
  const codes = Object.entries(ERROR_CODES).map(
    ([code, { status, meaning }]) =>
      `<tr id="${esc(code)}"><td><code>${esc(code)}</code></td><td>${status}</td><td>${prose(meaning)}</td></tr>`,
  );
  return page(
    'Holdfast: HTTP',
    `<h1>Holdfast over HTTP</h1>
<p>Credentials: <code>Authorization: Bearer &lt;token&gt;</code>, or Basic with an HTTP user. Requests and answers are JSON; numbers are
not read from strings, and unknown keys are refused. <a href="/openapi.json">/openapi.json</a> says the same for programs.</p>
${operations.join('\n')}
<h2>Errors</h2>
<p>Refusals are problem documents (RFC 9457): <code>type</code>, <code>title</code>, <code>status</code>, <code>detail</code>,
<code>code</code>, and <code>field</code> or <code>state</code> where they help.</p>
<table><tr><th>code</th><th>status</th><th>meaning</th></tr>${codes.join('\n')}</table>
<h2>Shapes</h2>
${schemas.join('\n')}`,
  );
}

function operationText(method: string, path: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (one) => `<li><code>${esc(one.name)}</code> (${esc(one.in)}) ${prose(one.description ?? '')}</li>`,
  );
  const body = operation.requestBody === undefined ? '' : `<p>Body: ${shapeLink(operation.requestBody)}</p>`;
  const answers = Object.entries(operation.responses).map(
    ([status, answer]) => `<li><b>${esc(status)}</b> ${prose(answer.description)} ${shapeLink(answer)}</li>`,
  );
  return `<h2><code>${esc(method.toUpperCase())} ${esc(path)}</code></h2>
<p><b>${esc(operation.summary)}.</b> ${prose(operation.description ?? '')}</p>
${parameters.length === 0 ? '' : `<ul>${parameters.join('')}</ul>`}${body}<ul>${answers.join('')}</ul>`;
}

/** Links to the named schema that a body or an answer refers to. */
function shapeLink(value: unknown): string {
  const name = /"#\/components\/schemas\/([A-Za-z]+)"/.exec(JSON.stringify(value))?.[1];
  return name === undefined ? '' : `<a href="#${name}">${name}</a>`;
}

const page = (title: string, body: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${esc(title)}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
pre{background:#f4f4f4;padding:1rem;overflow:auto;font-size:13px}td,th{text-align:left;padding:.2rem 1rem .2rem 0;vertical-align:top}
h2{margin-top:2.5rem;border-top:1px solid #ddd;padding-top:1rem}</style></head>
<body>
${body}
</body></html>
`;

const esc = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Back-ticks in descriptions become code. */
const prose = (text: string): string => esc(text).replace(/`([^`]+)`/g, '<code>$1</code>');
