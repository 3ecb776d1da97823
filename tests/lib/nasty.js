'use strict';
// nasty.js: what a request is made of, by seed: values that fit a schema of /openapi.json, ids
// of things that are there, of things that are gone and of other kinds, and what fits nothing.

const fs = require('node:fs');
const path = require('node:path');
const { callee, number } = require('./stage');
const { source } = require('./place');

const kinds = { conversation: /^CON-[\w-]+$/, user: /^USR-[\w-]+$/, member: /^MEM-[\w-]+$/ };
const cap = 60; // of a kind; the oldest are forgotten

// The ids that replies told of, by kind.
class Pool {
  constructor(dice) {
    this.dice = dice;
    this.live = {};
    this.gone = [];
    this.pairs = { member: [], event: [] }; // [conversation, what is in it]
    this.standing = []; // legs that are up
  }

  pair(kind, conversation, id) {
    const list = this.pairs[kind];
    list.push([conversation, String(id)]);
    if (list.length > cap) list.shift();
  }

  add(kind, id) {
    const list = (this.live[kind] ||= []);
    if (id === undefined || list.includes(id)) return;
    list.push(id);
    if (list.length > cap) list.shift();
  }

  // A thing was deleted: its id is worth trying again.
  drop(id) {
    for (const list of Object.values(this.live)) if (list.includes(id)) list.splice(list.indexOf(id), 1);
    for (const [kind, list] of Object.entries(this.pairs)) this.pairs[kind] = list.filter((pair) => !pair.includes(id));
    this.gone.push(id);
    if (this.gone.length > cap) this.gone.shift();
  }

  // Takes what a reply's body names.
  learn(value, key = '') {
    if (Array.isArray(value)) return value.forEach((v) => this.learn(v, key));
    if (value !== null && typeof value === 'object') return Object.entries(value).forEach(([k, v]) => this.learn(v, k));
    if (typeof value === 'number' && key === 'id') return this.add('event', String(value));
    if (typeof value !== 'string') return undefined;
    for (const [kind, pattern] of Object.entries(kinds)) if (pattern.test(value)) this.add(kind, value);
    if (['uuid', 'leg_id', 'leg_ids'].includes(key) && !/^CON/.test(value)) this.add('leg', value);
    if (key === 'destination_url' || key === 'recording_url') this.add('file', value.split('/').pop());
    if (key === 'cursor' && value) this.add('cursor', value);
    const next = key === 'href' && /[?&]cursor=([^&]+)/.exec(value);
    return next ? this.add('cursor', decodeURIComponent(next[1])) : undefined;
  }

  // Mostly one that is there; now and then one that is gone, or of another kind.
  id(kind) {
    const { dice } = this;
    const all = () => Object.values(this.live).flat();
    if (dice.chance(0.08) && this.gone.length) return dice.pick(this.gone);
    if (dice.chance(0.05) && all().length) return dice.pick(all());
    if (kind === 'leg' && this.standing.length && dice.chance(0.6)) return dice.pick(this.standing);
    return dice.pick(this.live[kind]?.length ? this.live[kind] : [`${kind}-none`]);
  }
}

// What no schema asks for. Each is made anew: it may be changed.
const values = [
  () => null, () => true, () => false, () => 0, () => -1, () => 1.5, () => 1e308, () => -(2 ** 63), () => 2 ** 53 + 2, () => '', () => ' ',
  () => 'x'.repeat(101), () => 'x'.repeat(70000), () => '\u0000', () => 'a\u0000b', () => '\ud800', () => '\udfff\ud800', () => '\ufeff', () => '\u202e\u0007\r\n',
  () => '😀'.repeat(60), () => 'é'.repeat(100), () => '../../../../etc/passwd', () => '%00', () => '%s%n%d', () => "'; DROP TABLE event; --",
  () => [], () => ({}), () => [null], () => [[[]]], () => ({ '': '' }), () => ({ '\u0000': 1 }), () => Array(2000).fill({}),
  () => 'http://', () => 'http://[::1', () => 'http://127.0.0.1:1/x', () => 'file:///etc/passwd', () => 'http://user:pass@127.0.0.1:1/', () => 'sip:', () => 'sip:@',
  () => 'sip:a\r\nVia: x@127.0.0.1', () => `sip:${'a'.repeat(900)}@127.0.0.1:1`, () => 'sip:a@[::1]:1', () => '+1 (555) 0100-002', () => '15550100003;ext=1', () => 'audio:mute:on',
  () => '9999-99-99T99:99:99Z', () => '2024-02-30', () => 'CON-', () => 'me', () => 'now', () => [callee], () => ({ type: 'phone', number: callee })];

// What cannot be written with JSON.stringify: put where the mark is.
const mark = '@@raw@@';
const literals = ['1e999', '-1e999', '-0', '01', 'NaN', 'tru', "'x'", '"\\ud800"', '"\\ud800\\u0000"', '"\\u0000"', '"\\x"', '"\n"', '"\xff\xfe"', '"\xc0\x80"', '"\xed\xa0\x80"',
  '123456789012345678901234567890', '-9223372036854775809', '18446744073709551616', '0.1e-400', '{"a":1,"a":2}', '[1,]', '', '//', '{"a":{"a":{"a":{}}}}',
  `${'['.repeat(60)}${']'.repeat(60)}`, `${'['.repeat(3000)}${']'.repeat(3000)}`, `${'{"a":'.repeat(500)}1${'}'.repeat(500)}`];

const bundled = ['sound:ringback', 'sound:none', 'sound:'];
const types = fs.readFileSync(path.join(source, 'tests/fixtures/events.csv'), 'utf8').trim().split('\n').slice(1).map((line) => line.split(',')[0]);

// Values that fit. pool: of ids; urls: { any, sound } make a URL; sip: the address of a phone.
class Maker {
  constructor(dice, pool, { url, sip }) {
    Object.assign(this, { dice, pool, url, sip: sip || '127.0.0.1:1', count: 0 });
    const id = (kind) => () => pool.id(kind);
    const one = (...list) => () => dice.pick(list);
    const sound = () => [dice.pick([...bundled, url('sound.wav'), url('missing.wav'), url('slow.wav')])];
    this.named = {
      conversation_id: id('conversation'), conversation_uuid: id('conversation'), user_id: id('user'), member_id: id('member'), member_id_inviting: id('member'),
      knocking_id: id('knock'), leg_id: id('leg'), uuid: id('leg'), file_id: id('file'), event_id: id('event'), id: id('application'),
      app_id: id('application'), voiceCallbackValue: id('application'), application_id: id('application'), cursor: id('cursor'), after: id('cursor'),
      number: () => this.number(), msisdn: () => `1555040${dice.below(1000)}`, uri: () => `sip:${this.number()}@${this.sip}`, name: () => this.name(), user_name: () => this.name(),
      stream_url: sound, event_url: () => [url('told')], destination_url: () => [url('told')], answer_url: () => [url('answer')], url: () => [url('answer')],
      ncco: () => this.ncco(), digits: one('1', '12#*', 'p1'), dtmf: one('1', '123'), digit: one('1', '#'), text: one('a', 'hello', '1 2'), language: one('en-US', 'de-DE'), channel: () => this.channel(),
      state: one('invited', 'joined', 'left', 'JOINED', 'ACTIVE', 'INACTIVE'), action: undefined, date_start: one('2024-01-01', '2024-01-01T00:00:00.000Z'),
      date_end: one('2099-01-01', '2099-01-01T00:00:00Z'), order: one('asc', 'desc'), ring_timeout: one(1000, 2000, 60000), ringing_timer: one(1, 2, 60), level: one(0, 0.5, -1, 1), loop: one(1, 2, 0),
      public_key: () => this.key, custom_data: () => ({ a: dice.below(9) }), headers: () => ({ a: 'b' }), standard_headers: () => ({}), http_method: one('GET', 'POST'), method: one('GET', 'POST', 'out', 'out', 'out'),
    };
  }

  number() {
    return this.dice.pick([callee, callee, number, ...[0, 1, 2, 3, 4, 5].map((n) => `1555030000${n}`)]);
  }

  // One of a few, or a new one.
  name() {
    return this.dice.chance(0.2) ? `name ${this.dice.below(8)}` : `${this.dice.id()}`;
  }

  channel() {
    const { dice, pool } = this;
    const from = { type: 'phone', number };
    return dice.pick([
      () => ({ type: 'app' }),
      () => ({ type: 'phone', from, to: { type: 'phone', number: this.number() } }),
      () => ({ type: 'sip', from, to: { type: 'sip', uri: this.named.uri() } }),
      () => ({ type: 'phone', id: pool.id('leg') }),
      () => ({ type: 'phone', to: { type: 'phone', number: this.number() }, preanswer: true }),
    ])();
  }

  ncco() {
    const { dice } = this;
    const stream = { action: 'stream', streamUrl: this.named.stream_url(), loop: dice.below(3) };
    const connect = { action: 'connect', from: number, timeout: 1 + dice.below(4), endpoint: [{ type: 'phone', number: this.number() }] };
    const conference = { action: 'conversation', name: `room ${dice.below(4)}`, ...(dice.chance(0.2) ? { endOnExit: true } : {}) };
    return dice.pick([[conference], [conference], [connect], [stream, conference], [stream, connect], [conference, connect], [connect, conference], [stream], []]);
  }

  // A member's body, of the old versions or of the new ones.
  member(old) {
    const { dice, pool } = this;
    const invited = dice.chance(0.3);
    const channel = this.channel();
    if (old) return { action: invited ? 'invite' : 'join', user_id: pool.id('user'), channel };
    return { state: invited ? 'invited' : 'joined', user: { id: pool.id('user') }, channel };
  }

  leg() {
    const { dice, pool } = this;
    const to = dice.pick([{ type: 'phone', number: this.number() }, { type: 'sip', uri: this.named.uri() }]);
    return { type: to.type, to, from: { type: 'phone', number }, ...(dice.chance(0.5) ? { conversation_id: pool.id('conversation') } : {}) };
  }

  // The parameters of a path; what is in a conversation mostly with that one.
  path(template) {
    const { dice, pool } = this;
    if (/\/events$/.test(template) && pool.pairs.member.length && dice.chance(0.85)) {
      this.here = dice.pick(pool.pairs.member);
      return template.replace('{conversation_id}', this.here[0]);
    }
    const kind = ['member', 'event'].find((k) => template.includes(`{${k}_id}`));
    const pair = kind && pool.pairs[kind].length && dice.chance(0.85) ? dice.pick(pool.pairs[kind]) : undefined;
    const given = pair ? { conversation_id: pair[0], [`${kind}_id`]: pair[1] } : {};
    return template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(given[name] ?? (this.named[name] ? this.named[name]() : 'x')));
  }

  event() {
    const { dice, pool } = this;
    const type = dice.chance(0.4) ? 'text' : dice.pick(types).replace('*', 'this');
    const bodies = [[/^text:(seen|del)|seen|delivered|^event:/, { event_id: Number(pool.id('event')) || 1 }], [/^text|say/, { text: 'hello' }], [/play/, { stream_url: this.named.stream_url(), loop: dice.below(3) }],
      [/dtmf/, { digit: '1' }], [/record/, { format: 'wav', destination_url: [this.url('told')] }], [/^image/, { representations: { original: { url: this.url('x') } } }], [/^message/, { message_type: 'text', text: 'x' }]];
    const body = (dice.chance(0.9) && (bodies.find(([of]) => of.test(type)) || [])[1]) || dice.pick([{}, {}, ...bodies.map((row) => row[1])]);
    const member = () => (this.here && dice.chance(0.85) ? this.here[1] : pool.id('member'));
    return { type, ...(dice.chance(0.8) ? { from: member() } : {}), ...(dice.chance(0.5) ? { to: member() } : {}), ...(dice.chance(0.95) ? { body } : {}) };
  }

  // A value that fits, of a property of that name.
  value(schema, name = '') {
    const { dice } = this;
    const any = schema.anyOf || schema.oneOf;
    if (any && !this.named[name]) return this.value(dice.pick(any), name);
    if (schema.enum) return dice.pick(schema.enum);
    if (this.named[name] && !(schema.type === 'object' && schema.properties && name !== 'channel')) return this.named[name]();
    if (['from', 'to'].includes(name) && schema.type === 'string') return this.pool.id('member');
    if (schema.examples) return dice.pick(schema.examples);
    const type = [].concat(schema.type || 'string')[0];
    if (type === 'object') return this.object(schema);
    if (type === 'array') return Array.from({ length: schema.minItems ?? dice.below(3) }, () => this.value(schema.items || {}, name));
    if (type === 'integer' || type === 'number') return (schema.minimum ?? 0) + dice.below(Math.min(100, (schema.maximum ?? 100) - (schema.minimum ?? 0) + 1));
    if (type === 'boolean') return dice.chance(0.5);
    if (schema.format === 'uri') return this.url('told');
    return schema.pattern ? 'US' : 'x'.repeat(Math.max(1, schema.minLength || 1));
  }

  object(schema) {
    const { dice } = this;
    const required = new Set(schema.required || []);
    const few = dice.pick([0.1, 0.4, 0.8]);
    return Object.fromEntries(Object.entries(schema.properties || {}).filter(([name]) => required.has(name) || dice.chance(few)).map(([name, s]) => [name, this.value(s, name)]));
  }

  bad() {
    return this.dice.chance(0.1) ? this.pool.id(this.dice.pick(['conversation', 'user', 'member', 'leg', 'event'])) : this.dice.pick(values)();
  }

  // The same body, but for one thing in it; as text.
  spoiled(body) {
    const { dice } = this;
    const copy = { it: JSON.parse(JSON.stringify(body)) };
    const places = [];
    const walk = (value) => Object.keys(value).forEach((key) => {
      places.push([value, key]);
      if (value[key] !== null && typeof value[key] === 'object') walk(value[key]);
    });
    walk(copy);
    const [holder, key] = dice.pick(places);
    const how = dice.below(10);
    if (how < 5) holder[key] = this.bad();
    else if (how < 6) delete holder[key];
    else if (how < 7 && !Array.isArray(holder)) holder[dice.pick(['surprise', '', '\u0000', '__proto__', 'x'.repeat(5000), 'type', 'id'])] = this.bad();
    else holder[key] = mark;
    const [before, after] = (JSON.stringify(copy.it) ?? '').split(`"${mark}"`);
    return after === undefined ? Buffer.from(before) : Buffer.concat([Buffer.from(before), Buffer.from(dice.pick(literals), 'latin1'), Buffer.from(after)]);
  }
}

// A path made worse.
function crooked(dice, at) {
  const parts = at.split('/');
  const here = 1 + dice.below(parts.length - 1);
  const segment = dice.pick(['', '.', '..', '%2e%2e', '%2F', '%2F..%2F', '%00', 'a%00b', '%ff', '%c0%80', '%', '%zz', '%20', ';', '*', 'x'.repeat(3000), '%41'.repeat(500), 'me', '~', '{id}', '%0d%0a', 'é'.repeat(2)]);
  const how = dice.below(5);
  if (how === 0) parts.splice(here, 0, segment);
  else if (how === 1) parts[here] += segment;
  else if (how === 2) parts.splice(here, 1);
  else parts[here] = segment;
  return Buffer.from(`${parts.join('/') || '/'}${dice.chance(0.1) ? '/' : ''}`).toString('latin1');
}

const queries = ['cursor=nonsense!', 'cursor=%00', `cursor=${'A'.repeat(900)}`, `cursor=${'z'.repeat(2000)}`, 'cursor=', 'page_size=0', 'page_size=-1', 'page_size=1e9', 'page_size=1.5', 'page_size=99999999999999999999',
  'page_size=%31', 'page_size=', 'page_size=1&page_size=2', 'record_index=99999999999', 'record_index=-1', 'record_index=4294967296', 'order=sideways', 'order=ASC', 'order=asc&order=desc',
  'after=now', 'after=x', 'after=-1', 'after=99999999999999999999', 'after=%ff', 'date_start=x', 'date_start=2024-01-01T00:00:00%2B99:00', 'date_end=0000-00-00', 'start_id=-1', 'start_id=9223372036854775808', 'end_id=0',
  'name=%00', 'name=%ff', `name=${'n'.repeat(4000)}`, '&&&==&', '=x', '%=%', 'a[b]=c', 'event_type=%25', 'state=ASLEEP', 'status=asleep', 'reason_code=%00', `reason_text=${'r'.repeat(3000)}`, 'index=-1', 'size=1e3', 'page=0',
  Array.from({ length: 60 }, (_, i) => `p${i}=${i}`).join('&')];

module.exports = { Maker, Pool, crooked, queries };
