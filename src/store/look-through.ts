/**
 * look-through: reads all of a store, in a process of its own: lmdb maps its file, and a damaged one ends the process that reads it, by a signal
 * and without a word. `node look-through.js FOLDER`; nobody else has it open.
 */
import { open } from 'lmdb';

const [, , folder = ''] = process.argv;
const db = open<Uint8Array, string>({ path: folder, noSubdir: false, encoding: 'binary', cache: false, readOnly: true });
let bytes = 0;
for (const { value } of db.getRange({})) bytes += value.length;
process.stdout.write(`${bytes}\n`);
