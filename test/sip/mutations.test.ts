import t from 'tap';
import { headerField } from '#sip/headers.js';
import { parseMessage } from '#sip/parse.js';
import type { SipMessage } from '#sip/message.js';
import { BadSdp, directionOf, readSdp } from '#sip/sdp.js';
import { answerFrom, asSendrecv, dress, sameMedia } from '#sip/sdp-write.js';
import { writeMessage } from '#sip/write.js';
import { readByDrachtio } from '../support/drachtio-reader.js';
import { mutate, seeded } from '../support/mutate.js';
import { torture, WELL_FORMED } from '../support/torture.js';

const MUTANTS = 2000;

/** The message, if it passes; undefined when it is refused or dropped. */
function read(text: string): SipMessage | undefined {
  const parsed = parseMessage(text);
  return parsed.kind === 'ok' ? parsed.message : undefined;
}

t.test(`${MUTANTS} damaged messages: none makes us throw, and none that passes makes drachtio-srf throw`, async (t) => {
  const sources = WELL_FORMED.map(torture);
  let passed = 0;
  const wrong: string[] = [];
  for (let seed = 0; seed < MUTANTS; seed++) {
    const mutant = mutate(sources[seed % sources.length] ?? '', seeded(seed));
    try {
      const message = read(mutant);
      if (message === undefined) continue;
      passed++;
      const reading = readByDrachtio(message);
      for (const name of ['from', 'to', 'via']) reading.getParsedHeader(name);
      if (headerField(message, 'Contact') !== undefined) reading.getParsedHeader('contact');
    } catch (error) {
      wrong.push(`seed ${seed}: ${String(error)}`);
    }
  }
  t.same(wrong, []);
  t.ok(passed > 100 && passed < MUTANTS, `some pass and some do not (${passed} passed)`);
});

t.test('a damaged message that passes is read the same again after it was written', async (t) => {
  const sources = WELL_FORMED.map(torture);
  const wrong: string[] = [];
  for (let seed = MUTANTS; seed < MUTANTS + 500; seed++) {
    const message = read(mutate(sources[seed % sources.length] ?? '', seeded(seed)));
    if (message === undefined) continue;
    const again = read(writeMessage(message));
    if (again === undefined || writeMessage(again) !== writeMessage(message)) wrong.push(`seed ${seed}`);
  }
  t.same(wrong, []);
});

const SDP = [
  'v=0',
  'o=101 3871 18446744073709551615 IN IP4 127.0.0.1',
  's=call',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 8 0 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=sendonly',
  'm=video 0 RTP/AVP 31',
  'a=rtpmap:31 H261/90000',
  '',
].join('\r\n');

t.test(`${MUTANTS} damaged session descriptions: each is read or refused as BadSdp`, async (t) => {
  let passed = 0;
  const wrong: string[] = [];
  for (let seed = 0; seed < MUTANTS; seed++) {
    const mutant = mutate(SDP, seeded(seed));
    try {
      readSdp(mutant);
      directionOf(mutant);
      const dressed = dress(mutant, { direction: 'sendonly', sessionId: '1', version: 2n });
      asSendrecv(dressed, '127.0.0.2');
      sameMedia(mutant, dressed);
      passed++;
      answerFrom(mutant, SDP);
    } catch (error) {
      if (!(error instanceof BadSdp)) wrong.push(`seed ${seed}: ${String(error)}`);
    }
  }
  t.same(wrong, []);
  t.ok(passed > 100 && passed < MUTANTS, `some pass and some do not (${passed} passed)`);
});
