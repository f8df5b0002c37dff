/**
 * Goal: a recording has what was said and by whom: the caller left, the callee right, a hold as silence, and a file that is there when the
 * event says so. Method: the product, two phones with real RTP, the files decoded.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Recorded } from '../support/recorded.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';

type Started = Readonly<{ callId: string; recordingId: string }>;
type Facts = Readonly<{ id: string; callId: string; state: string; format: string; seconds: number; bytes: number }>;

const LOUD = 4000;
const SOFT = 100;

async function audioOf(phones: TwoPhones, id: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${phones.holdfast.base}/recordings/${id}/audio`, { headers: { authorization: 'Bearer demo-token', ...headers } });
}

t.test('the caller is left, the callee right, and a hold is silence in the middle', async (t) => {
  const phones = await TwoPhones.start(t);
  const { holdfast, alice, bob } = phones;
  const talk = await phones.talk();
  const started = await holdfast.api<Started>('POST', `/calls/${talk.id}/recording`, {});
  t.equal(started.status, 202);
  t.equal(started.headers.get('location'), `/recordings/${started.body.recordingId}`);
  t.equal((await holdfast.api('POST', `/calls/${talk.id}/recording`, {})).status, 409, 'one at a time');
  await alice.rtp.during(50);
  const holding = holdfast.api('PUT', `/calls/${talk.id}/hold`, {});
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  await holding;
  await alice.rtp.during(60);
  const resuming = holdfast.api('DELETE', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
  await resuming;
  await alice.rtp.during(50);
  t.equal((await audioOf(phones, started.body.recordingId)).status, 409, 'not while it goes on');
  await phones.hangUp(talk);
  const event = await holdfast.event(({ kind }) => kind === 'recording.completed');
  t.equal(event['recordingId'], started.body.recordingId);
  t.equal(event['format'], 'wav');

  const audio = await audioOf(phones, started.body.recordingId);
  t.equal(audio.headers.get('content-type'), 'audio/wav');
  const wav = Buffer.from(await audio.arrayBuffer());
  const heard = new Recorded(wav);
  t.equal(heard.dataBytes, wav.length - 44);
  t.equal(event['seconds'], heard.seconds);
  t.ok(heard.tone('left', ALICE_HERTZ, 0.2, 0.8) > LOUD, 'left: the caller');
  t.ok(heard.tone('left', BOB_HERTZ, 0.2, 0.8) < SOFT, 'and nobody else');
  t.ok(heard.tone('right', BOB_HERTZ, 0.2, 0.8) > LOUD, 'right: the callee');
  t.ok(heard.tone('right', ALICE_HERTZ, 0.2, 0.8) < SOFT, 'and nobody else');
  for (const channel of ['left', 'right'] as const) {
    const long = heard.runs(channel).filter(({ seconds }) => seconds > 0.4);
    t.same(
      long.map(({ loud }) => loud),
      [true, false, true],
      `${channel}: talk, hold, talk: ${JSON.stringify(heard.runs(channel))}`,
    );
  }
  t.ok(heard.tone('left', ALICE_HERTZ, heard.seconds - 0.7, heard.seconds - 0.3) > LOUD, 'after the hold again');

  const part = await audioOf(phones, started.body.recordingId, { range: 'bytes=0-43' });
  t.equal(part.status, 206);
  t.same(Buffer.from(await part.arrayBuffer()), wav.subarray(0, 44));
  const { body } = await holdfast.api<{
    total: number;
    calls: { id: string; recordings: string[]; holds: number; heldMs: number }[];
  }>('GET', '/history?number=101');
  t.equal(body.total, 1);
  t.equal(body.calls[0]?.id, talk.id);
  t.equal(body.calls[0]?.holds, 1);
  t.ok((body.calls[0]?.heldMs ?? 0) > 500);
  t.same(body.calls[0]?.recordings, [started.body.recordingId]);
  t.equal((await holdfast.api('DELETE', `/recordings/${started.body.recordingId}`)).status, 204);
  t.equal((await audioOf(phones, started.body.recordingId)).status, 404);
});

t.test('an MP3 decodes to the same, with phones that speak A-law', async (t) => {
  const phones = await TwoPhones.start(t);
  const { holdfast, alice, bob } = phones;
  const folder = mkdtempSync(join(tmpdir(), 'recorded-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const talk = await phones.talk();
  alice.rtp.obey(alice.rtp.sdp({ payloadTypes: [8] }).replace(/m=audio \d+/, `m=audio ${alice.rtp.target?.port ?? 0}`));
  bob.rtp.obey(bob.rtp.sdp({ payloadTypes: [8] }).replace(/m=audio \d+/, `m=audio ${bob.rtp.target?.port ?? 0}`));
  const { body } = await holdfast.api<Started>('POST', `/calls/${talk.id}/recording`, { format: 'mp3' });
  await alice.rtp.during(30);
  alice.rtp.press(5);
  await alice.rtp.during(50);
  t.equal((await holdfast.api('DELETE', `/calls/${talk.id}/recording`)).status, 202);
  t.equal((await holdfast.api('DELETE', `/calls/${talk.id}/recording`)).status, 409, 'it has ended');
  const event = await holdfast.event(({ kind }) => kind === 'recording.completed');
  t.equal(event['format'], 'mp3');
  const audio = await audioOf(phones, body.recordingId);
  t.equal(audio.headers.get('content-type'), 'audio/mpeg');
  writeFileSync(join(folder, 'one.mp3'), Buffer.from(await audio.arrayBuffer()));
  execFileSync('ffmpeg', [
    '-v',
    'error',
    '-i',
    join(folder, 'one.mp3'),
    '-c:a',
    'pcm_s16le',
    '-bitexact',
    join(folder, 'one.wav'),
  ]);
  const heard = new Recorded(readFileSync(join(folder, 'one.wav')));
  t.ok(heard.tone('left', ALICE_HERTZ, 0.9, 1.4) > LOUD, 'also after a key was pressed');
  t.ok(heard.tone('left', BOB_HERTZ, 0.9, 1.4) < SOFT);
  t.ok(heard.tone('right', BOB_HERTZ, 0.9, 1.4) > LOUD);
  t.ok(heard.tone('right', ALICE_HERTZ, 0.9, 1.4) < SOFT);
  const { body: list } = await holdfast.api<{ total: number; recordings: Facts[] }>('GET', '/recordings?limit=1');
  t.match(list, { total: 1, recordings: [{ id: body.recordingId, callId: talk.id, state: 'completed', format: 'mp3' }] });
  await phones.hangUp(talk);
});

t.test('what was recorded and who called is there after kill -9', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'records-'));
  t.teardown(() => rmSync(data, { recursive: true, force: true }));
  const records = `recordings: { folder: ${data}/sound }\nhistory: { folder: ${data}/calls }\n`;
  const first = await TwoPhones.start(t, { records });
  const ended = await first.talk();
  await first.hangUp(ended);
  const talk = await first.talk();
  const { body } = await first.holdfast.api<Started>('POST', `/calls/${talk.id}/recording`, {});
  await first.alice.rtp.during(120);
  const gone = first.holdfast.exited();
  process.kill(first.holdfast.pid, 'SIGKILL');
  await gone;
  first.hush();
  t.same(readFileSync(join(data, 'sound', `${body.recordingId}.wav`)).readUInt32LE(40), 0, 'the head was never finished');

  const second = await TwoPhones.start(t, { records });
  const { body: facts } = await second.holdfast.api<Facts>('GET', `/recordings/${body.recordingId}`);
  t.match(facts, { callId: talk.id, state: 'completed', format: 'wav', problem: /ended/ });
  const heard = new Recorded(Buffer.from(await (await audioOf(second, body.recordingId)).arrayBuffer()));
  t.equal(heard.seconds, facts.seconds);
  t.ok(heard.seconds > 1, `${heard.seconds} s`);
  t.ok(heard.tone('left', ALICE_HERTZ, 0.2, 0.8) > LOUD);
  const { body: history } = await second.holdfast.api<{ calls: { id: string; cause: string }[] }>('GET', '/history');
  t.same(
    history.calls.map(({ id, cause }) => [id, cause]),
    [[ended.id, 'caller-hung-up']],
  );
  t.same(readdirSync(join(data, 'calls')), ['calls.jsonl']);
});
