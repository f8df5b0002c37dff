/**
 * look-through: reads all of a store and writes to it, in a process of its own: lmdb maps its file, and a damaged one ends the process by a signal and
 * without a word. `node look-through.js FOLDER`; nobody else has it open.
 */
import { open } from 'lmdb';

const [, , folder = ''] = process.argv;
const db = open<Uint8Array, string>({ path: folder, noSubdir: false, encoding: 'binary', cache: false });
let bytes = 0;
for (const { value } of db.getRange({})) bytes += value.length;
// What is free is looked at by who writes only.
await db.put('looked', Buffer.from('through'));
await db.remove('looked');
await db.close();
process.stdout.write(`${bytes}\n`);
