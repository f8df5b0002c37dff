/**
 * body-type: the Content-Type of a body that came without one, and small questions to a list of header fields.
 */
import type { HeaderField } from '#sip/message.js';
import { headerValues } from '#sip/headers.js';

/** @returns the header to be added, nothing when none is needed, undefined when a body has a type nobody can guess. */
export function typedBody(headers: readonly HeaderField[], body: string): readonly HeaderField[] | undefined {
  if (body === '' || headers.some(({ name }) => name === 'Content-Type')) return [];
  return body.startsWith('v=0') ? [{ name: 'Content-Type', value: 'application/sdp' }] : undefined;
}

export const valueOf = (headers: readonly HeaderField[], name: string): string | undefined =>
  headers.find((field) => field.name === name)?.value;

export const hasToken = (headers: readonly HeaderField[], name: string, token: string): boolean =>
  headerValues({ headers }, name).some((value) => value.toLowerCase() === token);
