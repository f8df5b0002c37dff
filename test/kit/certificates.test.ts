import { statSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { CertificateWatch, readCertificate, type Certificate } from '#kit/certificates.js';
import { selfSigned } from '#kit/self-signed.js';
import { anotherPair, certificateForTest, replaceWith } from '../support/certificates.js';
import { FakeClock } from '../support/fake-clock.js';
import { countContexts } from '../support/tls-contexts.js';

const watching = (files: Parameters<typeof readCertificate>[0], startMs = Date.now()) => {
  const clock = new FakeClock(startMs);
  const changes: Certificate[] = [];
  const warnings: string[] = [];
  const watch = new CertificateWatch(files, readCertificate(files), {
    clock,
    changed: (one) => changes.push(one),
    warn: (text) => warnings.push(text),
  });
  return { clock, changes, warnings, watch };
};

t.test('files that change are read again, once', async (t) => {
  const files = await certificateForTest(t);
  const { clock, changes, warnings, watch } = watching(files);
  clock.advance(60_000);
  t.same(changes, []);
  const next = await anotherPair(t, 'next');
  replaceWith(files, next);
  clock.advance(60_000);
  t.same(
    changes.map(({ print }) => print),
    [readCertificate(next).print],
  );
  t.same(warnings, []);
  watch.close();
  watch.close();
  t.same(clock.pending(), []);
});

t.test('files that are what they were are not taken apart again', async (t) => {
  const files = await certificateForTest(t);
  const { clock, watch } = watching(files);
  t.teardown(() => watch.close());
  const contexts = countContexts(t);
  clock.advance(60_000);
  t.equal(contexts.made(), 0);
  replaceWith(files, await anotherPair(t, 'next'));
  clock.advance(60_000);
  t.equal(contexts.made(), 1);
});

t.test('a pair that does not fit is said once, not used, and taken when it fits', async (t) => {
  const files = await certificateForTest(t);
  const next = await anotherPair(t, 'next');
  const { clock, changes, warnings, watch } = watching(files);
  t.teardown(() => watch.close());
  replaceWith({ ...files, key: `${files.key}.later` }, next);
  clock.advance(60_000);
  t.same(changes, []);
  t.equal(warnings.length, 1);
  t.match(warnings[0], 'the certificate that was read before stays');
  replaceWith(files, next);
  clock.advance(10_000);
  t.equal(changes.length, 1);
  writeFileSync(files.certificate, 'rubbish');
  clock.advance(20_000);
  t.equal(warnings.length, 2);
  t.notMatch(warnings.join(), /PRIVATE KEY/);
});

t.test('two weeks before the end somebody is told', async (t) => {
  const files = await certificateForTest(t);
  const { expiresMs } = readCertificate(files);
  const { clock, warnings, watch } = watching(files, expiresMs - 15 * 86_400_000);
  t.teardown(() => watch.close());
  clock.advance(10_000);
  t.same(warnings, []);
  const late = watching(files, expiresMs - 13 * 86_400_000);
  t.teardown(() => late.watch.close());
  late.clock.advance(30_000);
  t.same(late.warnings, [`${files.certificate}: ends within two weeks`]);
});

t.test('a self-signed certificate is kept, made anew for other names, and its key is for us alone', async (t) => {
  const folder = t.testdir();
  const first = readCertificate(await selfSigned(folder, ['127.0.0.1']));
  t.equal(readCertificate(await selfSigned(folder, ['127.0.0.1'])).print, first.print);
  const files = await selfSigned(folder, ['127.0.0.1', '192.0.2.1', 'pbx.example.com']);
  t.not(readCertificate(files).print, first.print);
  t.equal(statSync(files.key).mode & 0o777, 0o600);
});
