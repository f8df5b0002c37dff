/** on-the-spot: of whom it is believed that it is where its SDP says. */
import t from 'tap';
import { isOnTheSpot } from '#calls/on-the-spot.js';

t.test('whose REGISTER comes from the address of its SDP, in a network that no NAT is in', async (t) => {
  for (const address of ['10.0.0.7', '127.0.0.1', '192.168.1.20', '172.16.4.4', 'fd00::7', '2001:db8::7'])
    t.equal(isOnTheSpot(address, ['10.0.0.9', address]), true, address);
});

t.test('nobody whose REGISTER comes from elsewhere, or of whom it is not known', async (t) => {
  t.equal(isOnTheSpot('192.168.1.20', ['198.51.100.1']), false, 'behind NAT');
  t.equal(isOnTheSpot('192.168.1.20', []), false);
  t.equal(isOnTheSpot('192.168.1.20'), false);
});

t.test('nor where another phone of the number is behind NAT, and may have the same private address', async (t) => {
  t.equal(isOnTheSpot('192.168.1.20', ['192.168.1.20', '198.51.100.1']), false);
});

t.test('a public address of IPv4 may be one of STUN or of a router that rewrites SDP', async (t) => {
  for (const address of ['198.51.100.1', '172.32.0.1', '100.64.0.9', '100.128.0.1'])
    t.equal(isOnTheSpot(address, [address]), false, address);
});

t.test('one address of IPv6 is the same however it is spelt, and what is no address is nowhere', async (t) => {
  t.equal(isOnTheSpot('2001:DB8:0:0::7', ['2001:db8::7']), true);
  t.equal(isOnTheSpot('2001:db8::8', ['2001:db8::7']), false);
  t.equal(isOnTheSpot('phone.example.com', ['10.0.0.7']), false);
});
