/**
 * field-bodies: JSON, form and multipart bodies, all of them read into one kind of value: fields by name.
 * Multipart is read for its text only; parts that are files are a refusal, not a file.
 */
import type { FastifyInstance } from 'fastify';
import { HttpRefusal } from './refusals.js';

const MOST_PARTS = 100;

export function readsFields(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  reads(scope, 'application/json', (text) => (text.trim() === '' ? {} : json(text)));
  reads(scope, 'application/x-www-form-urlencoded', (text) => Object.fromEntries(new URLSearchParams(text)));
  reads(scope, 'multipart/form-data', multipartFields);
  scope.addHook('preValidation', (request, _reply, done) => {
    if (request.body === undefined) request.body = {};
    done();
  });
}

function reads(scope: FastifyInstance, type: string, parse: (text: string, contentType: string) => unknown): void {
  scope.addContentTypeParser(type, { parseAs: 'string' }, (request, body, done) => {
    try {
      done(null, parse(String(body), request.headers['content-type'] ?? ''));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HttpRefusal('malformed_json', `the body is not JSON: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

/**
 * RFC 7578 and RFC 2046 §5.1.1: parts between lines that begin with two hyphens and the boundary; what stands before the first
 * and after the last of these lines is nobody's.
 */
export function multipartFields(text: string, contentType: string): Readonly<Record<string, string>> {
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) throw new HttpRefusal('malformed_http', 'multipart/form-data without a boundary');
  if (text.trim() === '') return {};
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`);
  const end = pieces.findIndex((piece, index) => index > 0 && piece.startsWith('--'));
  if (end < 0) throw new HttpRefusal('malformed_http', 'the multipart body has no end');
  if (end > MOST_PARTS) throw new HttpRefusal('malformed_http', `more than ${MOST_PARTS} parts in a multipart body`);
  return Object.fromEntries(pieces.slice(1, end).map(fieldOf));
}

function fieldOf(piece: string): readonly [string, string] {
  const blank = piece.indexOf('\r\n\r\n');
  const headers = blank < 0 ? '' : piece.slice(0, blank);
  // RFC 7578 §4.2: every part has a Content-Disposition of form-data, with its name.
  const disposition = /^content-disposition:[ \t]*form-data[ \t]*(;.*)$/im.exec(headers)?.[1] ?? '';
  const name = /;[ \t]*name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined) throw new HttpRefusal('malformed_http', 'a part of the multipart body has no name');
  if (/;[ \t]*filename\*?=/i.test(disposition)) throw new HttpRefusal('malformed_http', 'files are not read here');
  return [name, piece.slice(blank + 4)];
}
