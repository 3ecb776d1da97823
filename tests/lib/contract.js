'use strict';
// contract.js: the published definitions in fixtures/contract, and whether a reply is as they
// say. They are of 2021 and not free of faults; each that matters here is in `faults`, with what
// holds instead.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { need } = require('./modules');
const { point } = require('./openapi');
const { source } = require('./place');
const { plain } = require('./routes');

const folder = path.join(source, 'tests/fixtures/contract');
const root = 'http://contract/';

// Which file describes the paths below which prefix. /beta is /v0.1, /beta2 is /v0.2.
const places = [
  ['conversation.yml', ['/beta', '/v0.1']],
  ['conversation.v2.yml', ['/beta2', '/v0.2']],
  ['application.v2.yml', ['/v2/applications']],
  ['voice.yml', ['/v1/calls']],
];

// Where a file is wrong: which rule (the end of its place in the file), what holds instead of
// it (of the value that broke the rule), and why.
const id = (prefix) => (value) => new RegExp(`^${prefix}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).test(value);
const endpoint = (value) => typeof value.type === 'string' && (value.type !== 'app' || 'user' in value);
const conversation = 'conversation.yml';
const faults = [
  { file: conversation, rule: '/schemas/member_state/enum', holds: (v) => ['', 'INVITED', 'JOINED', 'LEFT'].includes(v),
    why: 'states of members are upper case in what was recorded, and "" is the state of every event' },
  { file: conversation, rule: '/schemas/event_id/type', holds: Number.isInteger, why: 'ids of events are whole numbers' },
  { file: conversation, rule: '/properties/sequence_number/type', holds: Number.isInteger, why: 'so is the sequence number, which is the last of them' },
  { file: conversation, rule: '/properties/conversations/items/required', holds: (v) => id('CON')(v.uuid) && isUrl(v._links.self.href),
    why: 'the items of the list have their href within _links, as its own example shows' },
  { file: conversation, rule: '/properties/legs/items/required', holds: (v) => v.uuid && isUrl(v._links.self.href),
    why: 'legs have no name, and their href within _links' },
  { file: conversation, rule: '/properties/from/oneOf', holds: endpoint, why: 'the endpoints of voice.yml do not exclude one another' },
  { file: conversation, rule: '/properties/to/oneOf', holds: endpoint, why: 'likewise' },
  { file: conversation, rule: '/schemas/EndpointApp/required', holds: endpoint, why: 'likewise' },
  { file: 'voice.yml', rule: '/schemas/conversation_uuid/format', holds: id('CON'), why: 'conversations are CON- and a uuid, as its own examples show' },
];

const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function isUrl(text) {
  try {
    return Boolean(new URL(text));
  } catch {
    return false;
  }
}

const escape = (part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

class Contract {
  constructor() {
    const Ajv = need('ajv').default;
    const YAML = need('yaml');
    this.ajv = new Ajv({ strict: false, allErrors: true, verbose: true, validateSchema: false });
    need('ajv-formats').default(this.ajv);
    this.ajv.addFormat('url', isUrl);
    this.ajv.addFormat('timestamp', (text) => stamp.test(text));
    this.files = {};
    for (const name of [...places.map(([file]) => file), 'common/common_errors.yml']) {
      this.files[name] = YAML.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
      this.ajv.addSchema(this.files[name], root + name);
    }
    this.operations = new Map();
    this.used = new Set();
    for (const [file, prefixes] of places) {
      for (const [at, item] of Object.entries(this.files[file].paths)) {
        for (const method of ['get', 'put', 'post', 'delete', 'patch'].filter((m) => item[m])) {
          for (const prefix of prefixes) {
            this.operations.set(`${method.toUpperCase()} ${plain(prefix + at).replace(/\/$/, '')}`,
              { file, at, method, operation: item[method] });
          }
        }
      }
    }
    this.validators = new Map();
  }

  // Whether the operation is described.
  has(listed) {
    return this.operations.has(listed);
  }

  // A response, wherever it really is: [its place, itself].
  find(file, at, method, status) {
    const response = this.files[file].paths[at][method].responses[status];
    if (!response || !response.$ref) return [`${root}${file}#/paths/${escape(at)}/${method}/responses/${status}`, response];
    const [other, pointer] = response.$ref.split('#');
    return [`${root}${other || file}#${pointer}`, point(this.files[other || file], pointer)];
  }

  // Fails when the reply is not as described. Says whether it is described at all.
  check(listed, what, { status, headers, body, text }) {
    const described = this.operations.get(listed);
    if (!described) return false;
    const { file, at, method } = described;
    const [place, response] = this.find(file, at, method, status);
    if (!response) {
      assert.ok(status >= 300, `${what}: ${file} knows no ${status}`);
      return false;
    }
    if (!response.content || status === 204) return true;
    const [type] = (headers['content-type'] || '').split(';');
    assert.ok(response.content[type], `${what}: ${status} as ${type}; ${file} says ${Object.keys(response.content)}`);
    const valid = this.validator(`${place}/content/${escape(type)}/schema`);
    if (valid(body)) return true;
    const wrong = valid.errors.filter((e) => !this.excused(file, e)).map((e) => `${e.instancePath} ${e.message} (${e.schemaPath})`);
    assert.deepStrictEqual(wrong, [], `${what}: ${status} against ${file}\n${text.slice(0, 1500)}`);
    return true;
  }

  // Whether an error is a fault of the file, and what holds instead does hold.
  excused(file, { schemaPath, data }) {
    const fault = faults.find((f) => f.file === file && schemaPath.endsWith(f.rule) && f.holds(data));
    if (fault) this.used.add(fault);
    return fault !== undefined;
  }

  // The faults that no reply met: they are to be taken off the list.
  unused() {
    return faults.filter((f) => !this.used.has(f)).map((f) => f.why);
  }

  validator(reference) {
    if (!this.validators.has(reference)) this.validators.set(reference, this.ajv.compile({ $ref: reference }));
    return this.validators.get(reference);
  }
}

module.exports = { Contract };
