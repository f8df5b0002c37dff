/**
 * header-lookup: finds a header in a message of drachtio-srf without making a list of all of its names first, as the library does each time it
 * or we ask: that was some 4 % of the time and a tenth of the memory that a call takes. What is found is the same; where two custom
 * headers differ in nothing but case, the one that is asked for in its own spelling.
 */

/** `headers`: names are lower case, but for those that begin with X- and P-. */
type Message = { readonly headers: Readonly<Record<string, unknown>> };
type Lookup = { getHeaderName: (name: string) => string | undefined; get: (name: string) => unknown };
type MessageClass = { prototype: Lookup };

const quick = new WeakSet<MessageClass>();

/** Once for each class of messages. */
export function findQuickly(messages: MessageClass): void {
  if (quick.has(messages)) return;
  quick.add(messages);
  // It knows the compact forms, which are letters (RFC 3261 §7.3.3).
  const { get: getOfLibrary } = messages.prototype;
  messages.prototype.getHeaderName = function (this: Message, name) {
    return headerNamed(this.headers, name);
  };
  messages.prototype.get = function (this: Message, name) {
    const found = headerNamed(this.headers, name);
    if (found !== undefined) return this.headers[found];
    return name.length === 1 ? Reflect.apply(getOfLibrary, this, [name]) : undefined;
  };
}

/** RFC 3261 §7.3.1: case does not matter. @returns as it stands in the message. */
function headerNamed(headers: Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (Object.hasOwn(headers, name)) return name;
  const lower = name.toLowerCase();
  if (Object.hasOwn(headers, lower)) return lower;
  for (const other in headers) if (other.length === lower.length && other.toLowerCase() === lower) return other;
  return undefined;
}
