/**
 * store-opener: a program of its own that opens a store, and nothing else: a damaged one ends it by a signal.
 */
import { LmdbDisk } from '#store/lmdb-disk.js';

const [, , folder] = process.argv;
if (folder !== undefined) await (await LmdbDisk.open(folder)).close();
