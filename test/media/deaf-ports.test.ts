/** deaf-ports: which calls rtpengine 10.5 has given up, by what it says. */
import t from 'tap';
import { deafCallIn } from '#media/deaf-ports.js';

t.test('the line that is said of a port that is not read any more, and those that are said before', async (t) => {
  const deaf = (port: string): string =>
    `ERR: [zd2s5dhwnwaj port ${port}]: [core] UDP receive queue exceeded 5 times: discarding packet`;
  t.equal(deafCallIn(deaf('61456')), 'zd2s5dhwnwaj');
  t.equal(deafCallIn(deaf(' 8042')), 'zd2s5dhwnwaj', 'five places are kept for a port');
  t.equal(
    deafCallIn(
      'ERR: [zd2s5dhwnwaj port 61478]: [core] Too many packets in UDP receive queue (more than 50), aborting loop. Dropped',
    ),
    undefined,
  );
  t.equal(deafCallIn('WARNING: [zd2s5dhwnwaj]: [control] something else'), undefined);
});
