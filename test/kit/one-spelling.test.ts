/** one-spelling: texts that mean one address are equal. */
import t from 'tap';
import { oneSpelling } from '#kit/one-spelling.js';

t.test('IPv6 in its shortest form, IPv4 out of IPv6, and no names', async (t) => {
  for (const text of ['2001:DB8:0:0::1', '[2001:db8::1]', '2001:db8:0:0:0:0:0:1']) t.equal(oneSpelling(text), '2001:db8::1');
  for (const text of ['::ffff:192.0.2.1', '::FFFF:c000:201', '0:0:0:0:0:ffff:192.0.2.1']) t.equal(oneSpelling(text), '192.0.2.1');
  t.equal(oneSpelling('192.0.2.1'), '192.0.2.1');
  t.equal(oneSpelling('fe80::1%eth0'), 'fe80::1');
  for (const text of ['', 'localhost', '192.0.2', '2001:db8::1::', '[]']) t.equal(oneSpelling(text), undefined, text);
});
